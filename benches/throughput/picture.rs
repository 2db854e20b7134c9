//! The headline of the results as an SVG: Sockeye's rate as a multiple of axum's.

use std::fmt::Write as _;

use crate::results::Measured;

/// The servers that have a bar, with its colour.
const BARS: [(&str, &str); 2] = [("axum", "#c2703d"), ("axum-tuned", "#4a7ba6")];

const WIDTH: f64 = 760.0;
/// Where the bars begin, to the right of their names.
const LEFT: f64 = 330.0;
const BAR: f64 = 13.0;
const ROW: f64 = 44.0;
const TOP: f64 = 64.0;

/// Bars on a scale of powers of two: a ratio of one half is as far from one as a ratio of two.
pub(crate) fn draw(all: &[Measured]) -> String {
    let rows = f64::from(u32::try_from(all.len()).unwrap_or(u32::MAX));
    let height = TOP + rows * ROW + 16.0;
    let ratios = all.iter().flat_map(|one| BARS.iter().filter_map(|(name, _)| one.by_clock(name)));
    let widest = ratios.map(|ratio| ratio.median.log2().abs()).fold(1.0, f64::max);
    let unit = (WIDTH - LEFT - 120.0) / (widest + 1.0);
    let one = LEFT + unit;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"13\" role=\"img\">\n\
        <title>Sockeye's rate as a multiple of axum's</title>\n\
        <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n\
        <text x=\"16\" y=\"24\" font-size=\"15\" font-weight=\"bold\">Sockeye's rate as a multiple of axum's (longer to the right is faster)</text>\n"
    );
    for (at, (name, colour)) in (0_u32..).zip(BARS) {
        let x = LEFT + f64::from(at) * 130.0;
        add(
            &mut svg,
            format_args!("<rect x=\"{x}\" y=\"36\" width=\"12\" height=\"12\" fill=\"{colour}\"/>"),
        );
        add(&mut svg, format_args!("<text x=\"{}\" y=\"47\">of {name}</text>", x + 18.0));
    }
    add(
        &mut svg,
        format_args!(
            "<line x1=\"{one}\" x2=\"{one}\" y1=\"{TOP}\" y2=\"{}\" stroke=\"#888888\"/>",
            height - 10.0
        ),
    );
    for (row, measured) in (0_u32..).zip(all) {
        let y = TOP + f64::from(row) * ROW + 6.0;
        add(&mut svg, format_args!("<text x=\"16\" y=\"{}\">{}</text>", y + 18.0, measured.load));
        for (at, (name, colour)) in (0_u32..).zip(BARS) {
            let Some(ratio) = measured.by_clock(name) else { continue };
            let (y, length) = (y + f64::from(at) * (BAR + 2.0), ratio.median.log2() * unit);
            let (x, width) = if length < 0.0 { (one + length, -length) } else { (one, length) };
            add(
                &mut svg,
                format_args!(
                    "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{BAR}\" fill=\"{colour}\"/>"
                ),
            );
            let text = one + length.max(0.0) + 6.0;
            add(
                &mut svg,
                format_args!("<text x=\"{text:.1}\" y=\"{:.1}\">{:.2}</text>", y + 11.0, ratio.median),
            );
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn add(svg: &mut String, element: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    _ = writeln!(svg, "{element}");
}
