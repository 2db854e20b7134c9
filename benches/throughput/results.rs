//! What came of the turns, and the page that says so.

use std::{fmt, fs, io, path::Path, process::Command, time::Duration};

use crate::{
    Options,
    latency::{BUSY, Latency},
    loads::Load,
    memory::{CONNECTIONS, ECHOED},
    picture,
    sides::Side,
};

/// What came of one turn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    per_second: f64,
    per_cpu_second: f64,
}

impl Rate {
    #[allow(clippy::cast_precision_loss, reason = "a count of messages is far below 2^52")]
    pub(crate) fn of(done: u64, took: Duration, busy: Duration) -> Self {
        let per = |time: Duration| done as f64 / time.as_secs_f64();
        Self { per_second: per(took), per_cpu_second: per(busy) }
    }
}

/// A way to look at a rate.
type Measure = fn(&Rate) -> f64;

const BY_CLOCK: Measure = |rate| rate.per_second;
const BY_CPU: Measure = |rate| rate.per_cpu_second;

/// All turns of one load.
pub(crate) struct Measured {
    pub(crate) load: Load,
    rounds: Vec<(Side, Vec<Rate>)>,
}

/// The ratio of Sockeye's rate to that of another server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ratio {
    least: f64,
    pub(crate) median: f64,
    most: f64,
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} ({:.2} to {:.2})", self.median, self.least, self.most)
    }
}

impl Measured {
    pub(crate) fn of(load: Load, sides: impl Iterator<Item = Side>) -> Self {
        Self { load, rounds: sides.map(|side| (side, Vec::new())).collect() }
    }

    pub(crate) fn add(&mut self, side: Side, rate: Rate) {
        if let Some((_, rates)) = self.rounds.iter_mut().find(|(one, _)| *one == side) {
            rates.push(rate);
        }
    }

    fn ours(&self) -> &[Rate] {
        self.rounds.first().map(|(_, rates)| rates.as_slice()).unwrap_or_default()
    }

    fn rates(&self, name: &str) -> Option<&[Rate]> {
        self.rounds.iter().find(|(side, _)| side.name == name).map(|(_, rates)| rates.as_slice())
    }

    /// Sockeye's rate divided by that of the server with this name, round by round; `None` if it took no part.
    pub(crate) fn ratio(&self, name: &str, measure: Measure) -> Option<Ratio> {
        let pairs = self.ours().iter().zip(self.rates(name)?);
        let ratios = sorted(pairs.map(|(ours, theirs)| measure(ours) / measure(theirs)));
        Some(Ratio { least: *ratios.first()?, median: ratios[ratios.len() / 2], most: *ratios.last()? })
    }

    /// The same for the rate by the clock.
    pub(crate) fn by_clock(&self, name: &str) -> Option<Ratio> {
        self.ratio(name, BY_CLOCK)
    }

    /// The median of the rates of this server by the clock.
    pub(crate) fn rate(&self, name: &str) -> Option<f64> {
        self.median(name, BY_CLOCK)
    }

    fn median(&self, name: &str, measure: Measure) -> Option<f64> {
        let rates = sorted(self.rates(name)?.iter().map(measure));
        rates.get(rates.len() / 2).copied()
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}; {} a second", self.load, self.load.unit())?;
        for (side, _) in &self.rounds {
            let rate = |measure| self.median(side.name, measure).unwrap_or_default();
            write!(f, "  {:<17} {:>10.0} {:>10.0} of CPU", side.name, rate(BY_CLOCK), rate(BY_CPU))?;
            let ratios = self.ratio(side.name, BY_CLOCK).zip(self.ratio(side.name, BY_CPU));
            match ratios.filter(|_| side.name != "sockeye") {
                Some((clock, cpu)) => writeln!(f, "   ratio {clock}, of CPU {cpu}")?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}

/// Everything that was measured.
#[derive(Default)]
pub(crate) struct Results {
    pub(crate) loads: Vec<Measured>,
    /// For each server, how busy it was.
    pub(crate) latencies: Vec<(&'static str, [Latency; BUSY.len()])>,
    /// Bytes for each connection.
    pub(crate) memory: Vec<(&'static str, [u64; ECHOED.len()])>,
}

/// Writes `RESULTS.md` and `results.svg`.
pub(crate) fn write(folder: &Path, results: &Results, options: &Options) -> io::Result<()> {
    fs::write(folder.join("RESULTS.md"), page(results, options))?;
    fs::write(folder.join("results.svg"), picture::draw(&results.loads))
}

fn page(results: &Results, options: &Options) -> String {
    let all = &results.loads;
    let names: Vec<_> = crate::sides::ALL.iter().map(|side| side.name).collect();
    let took_part = |name: &&&str| all.iter().any(|one| one.rates(name).is_some());
    let names: Vec<_> = names.iter().filter(took_part).copied().collect();
    let others = &names[1..];
    let ratios = |measure: Measure| {
        table(all, others, |one, name| one.ratio(name, measure).map(|ratio| ratio.to_string()))
    };
    let rates = |measure: Measure| {
        table(all, &names, |one, name| one.median(name, measure).map(|rate| format!("{rate:.0}")))
    };
    let Options { rounds, turn, .. } = options;
    let turn = turn.as_millis();
    format!(
        "# Results\n\n\
        Written by `benches/run`; `README.md` beside it says what the figures mean.\n\n\
        {}\n\
        Every server is a process of its own with one thread, except Node and Python, which have what they have. They take turns of {turn} ms, {rounds} rounds. \
        Each cell is the median of the ratios of the rounds, with the least and the greatest one. `axum` is axum 0.8 as its documentation shows it, \
        `axum-tuned` has a read buffer of 4 KiB, `bare` is a loop over `epoll` that checks nothing.\n\n\
        ## Sockeye's rate divided by that of ...\n\n{}\n\
        ## The same for each second of the server's CPU time\n\n{}\n\
        ## Rates a second\n\n{}\n\
        ## Rates for each second of the server's CPU time\n\n{}\n\
        ## Latency of an echo\n\n\
        100 connections, 64 B; the half, 99 % and 99.9 % of all messages were back within so many microseconds, with the server at so many percent of its rate. \
        A message counts from when it was due. The last turn of each server.\n\n{}\n\
        ## Memory of a connection\n\n\
        Bytes of the server's own memory for each of {CONNECTIONS} connections, when nothing has been said, after an echo of 64 B, and after one of 16 KiB.\n\n{}",
        machine(),
        ratios(BY_CLOCK),
        ratios(BY_CPU),
        rates(BY_CLOCK),
        rates(BY_CPU),
        latencies(&results.latencies),
        memory(&results.memory),
    )
}

fn latencies(all: &[(&str, [Latency; BUSY.len()])]) -> String {
    let heads: Vec<_> = BUSY.iter().map(|busy| format!("{busy} %")).collect();
    let one = |one: &Latency| {
        let [half, of_100, of_1000] = [one.half, one.of_100, one.of_1000].map(|time| time.as_micros());
        format!("{half}, {of_100}, {of_1000}")
    };
    let lines = all.iter().map(|(name, latencies)| (*name, latencies.iter().map(one).collect()));
    by_server(&heads, lines)
}

fn memory(all: &[(&str, [u64; ECHOED.len()])]) -> String {
    let heads = ["idle", "64 B", "16 KiB"].map(str::to_owned);
    let lines = all.iter().map(|(name, costs)| (*name, costs.iter().map(u64::to_string).collect()));
    by_server(&heads, lines)
}

/// A table with a line for each server.
fn by_server<'n>(heads: &[String], lines: impl Iterator<Item = (&'n str, Vec<String>)>) -> String {
    let mut table = vec![format!("| server | {} |", heads.join(" | "))];
    table.push(format!("| --- |{}", " --- |".repeat(heads.len())));
    table.extend(lines.map(|(name, cells)| format!("| {name} | {} |", cells.join(" | "))));
    table.push(String::new());
    table.join("\n")
}

fn table(all: &[Measured], names: &[&str], cell: impl Fn(&Measured, &str) -> Option<String>) -> String {
    let mut lines = vec![format!("| load | {} |", names.join(" | "))];
    lines.push(format!("| --- |{}", " --- |".repeat(names.len())));
    for one in all {
        let cells: Vec<_> =
            names.iter().map(|name| cell(one, name).unwrap_or_else(|| "-".to_owned())).collect();
        lines.push(format!("| {} | {} |", one.load, cells.join(" | ")));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// The machine, the date and the versions.
fn machine() -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processor.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown processor", |(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let said = |program: &str, argument: &str| {
        let output = Command::new(program).arg(argument).output().ok();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        text.unwrap_or_else(|| format!("{program} is not there"))
    };
    let own = include_str!("../../Cargo.lock");
    let rivals = include_str!("../rivals/Cargo.lock");
    let versions: Vec<_> = [
        (own, "axum"),
        (own, "tokio"),
        (rivals, "tokio-websockets"),
        (rivals, "fastwebsockets"),
        (rivals, "actix-ws"),
    ]
    .iter()
    .map(|(lock, name)| format!("{name} {}", version(lock, name)))
    .collect();
    format!(
        "- {}, {model}, {cores} cores, Linux {}, load {}\n- {}, {}\n- Node {}\n",
        said("date", "+%-d %B %Y"),
        said("uname", "-r"),
        fs::read_to_string("/proc/loadavg").unwrap_or_default().split(' ').next().unwrap_or_default(),
        said("rustc", "--version"),
        versions.join(", "),
        said("node", "--version"),
    )
}

fn version<'l>(lock: &'l str, name: &str) -> &'l str {
    let of = format!("name = \"{name}\"\nversion = \"");
    let version = lock.split(&of).nth(1).and_then(|rest| rest.split('"').next());
    version.unwrap_or("of which the version is unknown")
}
