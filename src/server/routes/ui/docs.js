// Swagger UI has two sets of colours. The page chooses one.
const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", paint);
paint();

// A form around the fields of the login: Enter sends it, and password managers find the fields.
const LoginForm = (Fields, { React }) => (props) => {
  const name = (form) => {
    form?.querySelector("#oauth_username")?.setAttribute("autocomplete", "username");
    form?.querySelector("#oauth_password")?.setAttribute("autocomplete", "current-password");
  };
  const stay = (event) => event.preventDefault();
  return React.createElement("form", { ref: name, onSubmit: stay }, React.createElement(Fields, props));
};

// Hides the fields for the client's credentials: who logs in here has none.
const CLIENT = ["password_type", "client_id_password", "client_secret_password"];
const Row = (Original, { React }) => (props) => {
  const labels = React.Children.toArray(props.children).map((child) => child.props?.htmlFor);
  return labels.some((label) => CLIENT.includes(label)) ? null : React.createElement(Original, props);
};

addEventListener("DOMContentLoaded", () => {
  SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#swagger-ui",
    deepLinking: true,
    displayRequestDuration: true,
    plugins: [{ wrapComponents: { oauth2: LoginForm, Row } }],
    // The document is not sent to an online validator.
    validatorUrl: null,
  });
});
