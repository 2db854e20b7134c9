use sockeye::{
    __private::{Mark, Options, Registered, Source, bind, described, first, inventory, outcome},
    Handshake, Server,
};

async fn handler(handshake: Handshake) -> sockeye::Result {
    handshake.accept().await?.close(sockeye::CloseCode::NORMAL, "").await
}

/// As the macro writes it with `panic = "abort"`; `tests/packages.rs` does it with a real profile.
macro_rules! aborting {
    ($route:literal) => {
        inventory::submit! {
            Registered {
                name: "handler",
                route: $route,
                group: "panic aborts",
                module: module_path!(),
                source: Source {
                    file: file!(),
                    line: 1,
                    text: "async fn handler()",
                    route: Mark { start: 0, end: 5 },
                    name: Mark { start: 9, end: 16 },
                },
                params: &[],
                options: Options {
                    state: None,
                    origins: None,
                    subprotocols: &[],
                    max_message_size: None,
                    compression: None,
                    heartbeat: None,
                    heartbeat_message: None,
                    guarded: false,
                    allow: &[],
                },
                reads_cookies: false,
                unwinds: false,
                bind: || bind(handler, first::<Handshake>(), (), outcome::<sockeye::Result>()),
                describe: described!("", first::<Handshake>(), []),
            }
        }
    };
}

aborting!("/aborting/one");
aborting!("/aborting/two");

#[tokio::test]
async fn a_profile_that_aborts_on_panics_is_one_warning() {
    let server = || Server::new().group("panic aborts");
    let checked = server().check().await.expect("a warning stops nothing");
    let warnings: Vec<_> = checked.warnings().iter().map(|one| format!("{one:?}")).collect();
    let [warning] = warnings.as_slice() else { panic!("{warnings:?}") };
    for part in ["panic_aborts", "ends the whole process", "from the profile in `Cargo.toml`"] {
        assert!(warning.contains(part), "{warning}");
    }
    let allowing = server().allow("panic_aborts", "a supervisor restarts it").check().await.unwrap();
    assert!(allowing.warnings().is_empty());
}
