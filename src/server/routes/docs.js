// Swagger UI has two sets of colours, and leaves the choice to the page.
const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", paint);
paint();

// Around the fields of the login, so that Enter sends them and password managers know them.
const LoginForm = (Fields, { React }) => (props) => {
  const name = (form) => {
    form?.querySelector("#oauth_username")?.setAttribute("autocomplete", "username");
    form?.querySelector("#oauth_password")?.setAttribute("autocomplete", "current-password");
  };
  const stay = (event) => event.preventDefault();
  return React.createElement("form", { ref: name, onSubmit: stay }, React.createElement(Fields, props));
};

// And without those for the client's credentials: the one client is public and has none.
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
    // Nobody else is asked whether the document is good.
    validatorUrl: null,
  });
});
