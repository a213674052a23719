//! The routes' templates, such as `/items/{item_id}`. Metrics count by them: a client can invent any number of paths, but
//! no template.

use std::sync::Arc;

use matchit::Router;

/// The templates of all routes.
pub struct Templates {
    routes: Router<Arc<str>>,
    /// For paths that no route has.
    none: Arc<str>,
}

impl Templates {
    /// These templates.
    pub fn new(templates: impl Iterator<Item = String>) -> Self {
        let mut routes = Router::new();
        for template in templates {
            if let Err(error) = routes.insert(template.clone(), template.clone().into()) {
                tracing::error!(%template, %error, "metrics do not know this route");
            }
        }
        Self { routes, none: "none".into() }
    }

    /// The template of a path, or `none`.
    pub fn of(&self, path: &str) -> Arc<str> {
        Arc::clone(self.routes.at(path).map_or(&self.none, |found| found.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_the_template_of_its_route_or_none() {
        let all = ["/users/me", "/users/{username}", "/docs", "/docs/{name}"];
        let templates = Templates::new(all.into_iter().map(str::to_owned));
        for (path, template) in [
            ("/users/me", "/users/me"),
            ("/users/ada", "/users/{username}"),
            ("/docs", "/docs"),
            ("/docs/swagger-ui.css", "/docs/{name}"),
            ("/docs/a/b", "none"),
            ("/pkg/cloakroom.js", "none"),
            ("none", "none"),
        ] {
            assert_eq!(&*templates.of(path), template, "{path}");
        }
    }
}
