//! The application's own login, as it was: a bearer token for everything below `/admin/`.

use std::{collections::HashMap, env, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Somebody who has a token. Handlers behind the layer take it as `Extension<Clerk>`.
#[derive(Clone)]
pub(crate) struct Clerk(pub(crate) Arc<str>);

/// Who has which token. An application that is more than an example keeps their hashes.
#[derive(Clone)]
pub(crate) struct Tokens(Arc<HashMap<String, Clerk>>);

impl Tokens {
    pub(crate) fn new(clerk: &str, token: impl Into<String>) -> Self {
        Self(Arc::new(HashMap::from([(token.into(), Clerk(clerk.into()))])))
    }

    pub(crate) fn from_env() -> Self {
        let token = env::var("APP_TOKEN").unwrap_or_else(|_| {
            tracing::warn!(
                "APP_TOKEN is not set: the token is `let-me-in`, which everybody knows; set another one"
            );
            "let-me-in".to_owned()
        });
        Self::new("the clerk", token)
    }

    fn owner(&self, headers: &HeaderMap) -> Option<&Clerk> {
        let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
        self.0.get(token).filter(|_| scheme.eq_ignore_ascii_case("bearer"))
    }
}

/// The layer.
pub(crate) async fn require_clerk(
    State(tokens): State<Tokens>,
    mut request: Request,
    next: Next,
) -> Response {
    if !request.uri().path().starts_with("/admin/") {
        return next.run(request).await;
    }
    let Some(clerk) = tokens.owner(request.headers()).cloned() else {
        let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
        let words = "only for clerks: send the header `Authorization: Bearer <token>`\n";
        return (StatusCode::UNAUTHORIZED, challenge, words).into_response();
    };
    request.extensions_mut().insert(clerk);
    next.run(request).await
}
