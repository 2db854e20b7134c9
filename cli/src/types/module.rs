//! The module as text: TypeScript, or JavaScript with declarations.

use std::fmt::Write as _;

use serde_json::Value;

use super::{
    endpoint::{Endpoint, Format},
    names::{functions, text},
    schema::Schemas,
};

/// What is written.
pub(super) struct Module<'a> {
    schemas: Schemas<'a>,
    endpoints: Vec<Endpoint>,
    client: &'a str,
}

const HEAD: &str =
    "// Written by `cargo sockeye types`, from the endpoints of the program. Changes are lost.\n";

/// The options of every function. Names with a dollar sign are no names of Rust, so that they are free.
const OPTIONS: &str = "\
/** The options of `sockeye-client`, and where the endpoint is. */
export type $Options<In, Out, Query = Record<string, string>> = $sockeye.Options<In, Out> & {
  /** The origin of the server, such as `https://app.example.com`, if the page has another one. */
  base?: string | URL;
  /** The query of the address. */
  query?: Query;
};

";

const QUERIED: &str = "\
/** The options of an endpoint that does not work without its query. */
export type $Queried<In, Out, Query> = $Options<In, Out, Query> & { query: Query };

";

const RESUMED: &str = "\
/** An event without the position that it came with: `resume: true` takes it off. */
export type $Resumed<Message> = Message extends { position: string; event: infer Event } ? Event : Message;

";

const TOLD: &str = "\
/** Messages without those that `sockeye-client` keeps for itself. */
export type $Told<Message> = Message extends { sockeye: unknown } ? never : Message;

";

/// The address of an endpoint, from a path.
const ADDRESS: &str = "{
  const url = base === undefined ? path : new URL(path, base).href;
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
  const words = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return words ? `${url}?${words}` : url;
}
";

impl<'a> Module<'a> {
    pub(super) fn new(document: &'a Value, client: &'a str) -> Self {
        let schemas = Schemas::new(document);
        let channels = document["channels"].as_object().into_iter().flatten();
        let named = functions(channels.map(|(id, _)| id.as_str()));
        let each = named.into_iter().map(|(id, name)| Endpoint::new(document, id, name, &schemas));
        let endpoints = each.collect();
        Self { schemas, endpoints, client }
    }

    pub(super) fn typescript(&self) -> String {
        let mut module =
            format!("{HEAD}import * as $sockeye from {};\n\n{}", text(self.client), self.types());
        for endpoint in &self.endpoints {
            module.push_str(&endpoint.docs);
            module.push_str(&overloads(endpoint).concat());
            let _ = write!(
                module,
                "export function {}({}options: $Options<any, any, any> = {{}}): $sockeye.SockeyeSocket<any, any> {{\n  return {};\n}}\n\n",
                endpoint.name,
                endpoint.parameters(),
                connects(endpoint),
            );
        }
        let _ = write!(
            module,
            "function $address(path: string, {{ base, query }}: $Options<any, any, any>): string {ADDRESS}"
        );
        module
    }

    pub(super) fn javascript(&self) -> String {
        let mut module = format!("{HEAD}import * as $sockeye from {};\n\n", text(self.client));
        for endpoint in &self.endpoints {
            let parameters = if endpoint.has_parameters() { "parameters, " } else { "" };
            let _ = write!(
                module,
                "export function {}({parameters}options = {{}}) {{\n  return {};\n}}\n\n",
                endpoint.name,
                connects(endpoint),
            );
        }
        let _ = write!(module, "function $address(path, {{ base, query }}) {ADDRESS}");
        module
    }

    pub(super) fn declarations(&self) -> String {
        let mut module =
            format!("{HEAD}import type * as $sockeye from {};\n\n{}", text(self.client), self.types());
        for endpoint in &self.endpoints {
            for overload in overloads(endpoint) {
                let _ = write!(module, "{}{overload}", endpoint.docs);
            }
            module.push('\n');
        }
        format!("{}\n", module.trim_end())
    }

    fn types(&self) -> String {
        let mut types = self.schemas.declarations();
        types.push_str(OPTIONS);
        if self.endpoints.iter().any(needs_query) {
            types.push_str(QUERIED);
        }
        if self.endpoints.iter().any(|endpoint| endpoint.resumes) {
            types.push_str(RESUMED);
        }
        if self.endpoints.iter().any(|endpoint| endpoint.has_signals) {
            types.push_str(TOLD);
        }
        types
    }
}

/// The ways to call the function of an endpoint.
fn overloads(endpoint: &Endpoint) -> Vec<String> {
    let Endpoint { name, received, sent, format, resumes, has_signals, .. } = endpoint;
    let parameters = endpoint.parameters();
    let told = |message: &str| if *has_signals { format!("$Told<{message}>") } else { message.to_owned() };
    let plain = told(received);
    let mut overloads = Vec::new();
    if *resumes {
        let resumed = told(&format!("$Resumed<{received}>"));
        let options = options(endpoint, &resumed);
        overloads.push(format!(
            "export function {name}({parameters}options: {options} & {{ resume: true }}): $sockeye.SockeyeSocket<{resumed}, {sent}>;\n"
        ));
    }
    let options = options(endpoint, &plain);
    // No one but the program knows how messages of its own codec are written.
    let options = if *format == Format::Other {
        let codec = format!("Required<Pick<$sockeye.Options<{plain}, {sent}>, \"encode\" | \"decode\">>");
        format!("options: {options} & {codec}")
    } else {
        format!("options{}: {options}", if needs_query(endpoint) { "" } else { "?" })
    };
    overloads.push(format!(
        "export function {name}({parameters}{options}): $sockeye.SockeyeSocket<{plain}, {sent}>;\n"
    ));
    overloads
}

/// The type of the options for what the page receives.
fn options(endpoint: &Endpoint, received: &str) -> String {
    let sent = &endpoint.sent;
    match &endpoint.query {
        Some(query) if query.is_required => format!("$Queried<{received}, {sent}, {}>", query.ty),
        Some(query) => format!("$Options<{received}, {sent}, {}>", query.ty),
        None => format!("$Options<{received}, {sent}>"),
    }
}

fn needs_query(endpoint: &Endpoint) -> bool {
    endpoint.query.as_ref().is_some_and(|query| query.is_required)
}

/// The call of `connect`.
fn connects(endpoint: &Endpoint) -> String {
    let mut defaults = String::new();
    if !endpoint.subprotocols.is_empty() {
        let _ = write!(defaults, "protocols: [{}], ", endpoint.subprotocols.join(", "));
    }
    if endpoint.format == Format::Raw {
        defaults.push_str("encode: (message) => message, decode: (data) => data, ");
    }
    let options =
        if defaults.is_empty() { "options".to_owned() } else { format!("{{ {defaults}...options }}") };
    format!("$sockeye.connect($address({}, options), {options})", endpoint.address)
}
