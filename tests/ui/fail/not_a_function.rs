use sockeye::ws_endpoint;

/// Documented.
#[ws_endpoint("/struct")]
struct Chat {
    _room: String,
}

/// Documented.
#[ws_endpoint("/impl")]
impl Chat {}

/// Documented.
#[ws_endpoint("/const")]
const LIMIT: usize = 3;

/// Documented.
#[ws_endpoint("/mod")]
mod chat {}

trait Handles {
    /// Documented.
    #[ws_endpoint("/declared")]
    async fn declared();
}

fn main() {
    let _ = LIMIT;
    let _: Option<Chat> = None;
}
