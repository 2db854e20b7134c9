//! Where the byte streams come from.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What a client sends after the handshake.
#[derive(Debug)]
pub(crate) struct Seed {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// The streams that are committed, and all those of the archive where it is there; says which.
pub(crate) fn all() -> Vec<Seed> {
    let mut seeds = committed();
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/fuzz-seeds/tungstenite.tgz");
    if archive.exists() {
        seeds.extend(read(&unpack(&archive)));
    } else {
        assert!(env::var_os("SOCKEYE_FUZZ_SEEDS").is_none(), "{} is not there", archive.display());
    }
    seeds
}

/// The streams that are committed.
pub(crate) fn committed() -> Vec<Seed> {
    let seeds = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/frames"));
    assert!(seeds.len() > 40, "{} streams are too few: the folder is not read", seeds.len());
    seeds
}

fn unpack(archive: &Path) -> PathBuf {
    let into = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz-seeds");
    fs::create_dir_all(&into).expect("a folder for the streams");
    let status = Command::new("tar").arg("xzf").arg(archive).arg("-C").arg(&into).status();
    assert!(status.is_ok_and(|status| status.success()), "{} could not be unpacked", archive.display());
    into
}

/// Every file below a folder.
fn read(folder: &Path) -> Vec<Seed> {
    println!("streams of {}", folder.display());
    let mut seeds = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of streams") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                seeds.push(Seed {
                    name: path.display().to_string(),
                    bytes: fs::read(&path).expect("a stream"),
                });
            }
        }
    }
    seeds
}
