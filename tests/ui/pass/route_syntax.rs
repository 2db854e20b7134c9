//! Every form that the router knows.

use axum::extract::Path;
use sockeye::{Handshake, ws_endpoint};

#[ws_endpoint("/")]
async fn root(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint("/ws")]
async fn plain(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint("/ws/")]
async fn slash(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint(r"/raw/v1.0/a-b_c~d")]
async fn raw(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint("/files/{*rest}")]
async fn rest(_handshake: Handshake, Path(_rest): Path<String>) {
    todo!()
}

#[ws_endpoint("/prefixed/v{version}")]
async fn prefixed(_handshake: Handshake, Path(_version): Path<u8>) {
    todo!()
}

#[ws_endpoint("/braces/{{literal}}")]
async fn braces(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint("/encoded/my%20room")]
async fn encoded(_handshake: Handshake) {
    todo!()
}

const ROOM: &str = "/constant/{room}";
static STATIC: &str = "/constant/static";

#[ws_endpoint(ROOM)]
async fn constant(_handshake: Handshake, Path(_room): Path<String>) {
    todo!()
}

#[ws_endpoint(STATIC, origins = any)]
async fn of_static(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint(concat!("/constant", "/joined"))]
async fn joined(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint(concat!("/v", env!("CARGO_PKG_VERSION_MAJOR"), "/constant"), heartbeat = off)]
async fn versioned(_handshake: Handshake) {
    todo!()
}

mod routes {
    use std::marker::PhantomData;

    pub const fn function() -> &'static str {
        "/constant/function"
    }

    pub struct Of<A, B>(PhantomData<(A, B)>);

    impl<A, B> Of<A, B> {
        pub const ROUTE: &'static str = "/constant/associated";
    }

    pub struct Table {
        pub chat: &'static str,
    }

    pub const TABLE: Table = Table { chat: "/constant/field" };
}

#[ws_endpoint(routes::function())]
async fn function(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint(routes::Of::<u8, u16>::ROUTE, origins = any)]
async fn associated(_handshake: Handshake) {
    todo!()
}

#[ws_endpoint(routes::TABLE.chat)]
async fn field(_handshake: Handshake) {
    todo!()
}

macro_rules! endpoint {
    ($name:ident, $route:expr) => {
        #[ws_endpoint($route)]
        async fn $name(_handshake: Handshake) {
            todo!()
        }
    };
}

endpoint!(of_macro, "/constant/macro/literal");
endpoint!(of_macro_constant, crate::STATIC_IN_MACRO);
const STATIC_IN_MACRO: &str = "/constant/macro/constant";

fn main() {}
