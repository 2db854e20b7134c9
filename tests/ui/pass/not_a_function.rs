//! Functions in every place where one can stand.

use sockeye::{Handshake, ws_endpoint};

#[ws_endpoint("/top")]
async fn top(_handshake: Handshake) {
    todo!()
}

mod private {
    mod deeper {
        use sockeye::{Handshake, ws_endpoint};

        #[ws_endpoint("/deep")]
        pub(in crate::private) async fn deep(_handshake: Handshake) {
            todo!()
        }
    }
}

macro_rules! endpoint {
    ($name:ident, $route:literal, $output:ty) => {
        #[ws_endpoint($route)]
        async fn $name(_handshake: Handshake) -> $output {
            todo!()
        }
    };
}

endpoint!(written_by_a_macro, "/macro", sockeye::Result);

fn main() {
    #[ws_endpoint("/local")]
    async fn local(_handshake: Handshake) {
        todo!()
    }
}
