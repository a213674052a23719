//! The routes' templates, such as `/items/{item_id}`. Metrics count by them: a client can invent any number of paths, but
//! no template.

use std::sync::Arc;

use matchit::Router;
use utoipa::openapi::OpenApi;

use super::{docs, pages};

/// The templates of all routes.
pub struct Templates {
    routes: Router<Arc<str>>,
    /// For paths that no route has.
    none: Arc<str>,
}

impl Templates {
    /// Those of the API, of the pages and of `/docs`.
    pub fn new(document: &OpenApi) -> Self {
        let mut routes = Router::new();
        let docs = [docs::PAGE_PATH, docs::FILE_PATH].map(str::to_owned);
        for template in document.paths.paths.keys().cloned().chain(pages::paths()).chain(docs) {
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
    use crate::server::routes;

    #[test]
    fn every_route_has_its_template_and_other_paths_have_none() {
        let document = routes::document();
        let templates = Templates::new(&document);
        // With a variable part as its own value, a template is a path of its route.
        for template in document.paths.paths.keys().cloned().chain(pages::paths()) {
            assert_eq!(*templates.of(&template), *template);
        }
        for (path, template) in [
            ("/users/me", "/users/me"),
            ("/.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server"),
            ("/login", "/login"),
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
