// Written by `cargo sockeye types`, from the endpoints of the program. Changes are lost.
import * as $sockeye from "./sockeye.js";

export function logs(options = {}) {
  return $sockeye.connect($address(`/ws/logs`, options), options);
}

export function validationUpdates(options = {}) {
  return $sockeye.connect($address(`/ws/validation_updates`, options), options);
}

export function workflow(parameters, options = {}) {
  return $sockeye.connect($address(`/ws/workflows/${encodeURIComponent(String(parameters.id))}`, options), options);
}

function $address(path, { base, query }) {
  const url = base === undefined ? path : new URL(path, base).href;
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
  const words = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return words ? `${url}?${words}` : url;
}
