//! The threshold curve: what answering more readily costs in right answers and in answers to strangers.

use std::fmt::Write;

use serde::Serialize;

use super::{Metrics, Row, measure_at};
use crate::ask::Knowledge;
use crate::weights::Thresholds;

/// Thresholds that are tried, in hundredths.
const FROM: u32 = 20;
const TO: u32 = 95;
const STEP: u32 = 5;

/// The figures at one threshold; shares as in [`Metrics`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CurvePoint {
    /// The probability from which an answer is given.
    pub threshold: f64,
    /// See [`Metrics::answered_share`].
    pub answered_share: f64,
    /// See [`Metrics::answered_precision`].
    pub answered_precision: f64,
    /// See [`Metrics::resolved`].
    pub resolved: f64,
    /// See [`Metrics::false_answer_rate`].
    pub false_answer_rate: f64,
}

/// Measures the rows at rising thresholds; all else is decided as usual.
pub fn curve(knowledge: &Knowledge, rows: &[Row]) -> Vec<CurvePoint> {
    let thresholds = (FROM..=TO).step_by(STEP as usize).map(|hundredths| f64::from(hundredths) / 100.0);
    thresholds
        .map(|threshold| {
            let thresholds = Thresholds { answer: threshold, ..knowledge.weights().thresholds };
            let Metrics { answered_share, answered_precision, resolved, false_answer_rate, .. } =
                measure_at(knowledge, rows, &thresholds).0;
            CurvePoint { threshold, answered_share, answered_precision, resolved, false_answer_rate }
        })
        .collect()
}

/// The points as a Markdown table.
pub fn curve_table(points: &[CurvePoint]) -> String {
    let mut table =
        "| threshold | answered | of these right | resolved | strangers answered |\n| --- | --- | --- | --- | --- |\n".to_owned();
    for point in points {
        let CurvePoint { threshold, answered_share, answered_precision, resolved, false_answer_rate } = point;
        // Writing to a string does not fail.
        let _ =
            writeln!(table, "| {threshold:.2} | {answered_share:.3} | {answered_precision:.3} | {resolved:.3} | {false_answer_rate:.3} |");
    }
    table
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 190.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 48.0;

/// Name, colour and height of a line.
type Line = (&'static str, &'static str, fn(&CurvePoint) -> f64);

/// The points as a drawing: thresholds from left to right, shares upwards. `chosen` is the threshold in use.
pub fn curve_svg(points: &[CurvePoint], chosen: f64, title: &str) -> String {
    let span = f64::from(TO - FROM) / 100.0;
    let x = |threshold: f64| LEFT + (threshold - f64::from(FROM) / 100.0) / span * (WIDTH - LEFT - RIGHT);
    let y = |share: f64| HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
    let title = title.replace('&', "&amp;").replace('<', "&lt;");
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n<text x=\"{LEFT}\" y=\"22\" font-size=\"14\">{title}</text>\n"
    );
    let mut draw = |line: std::fmt::Arguments<'_>| {
        let _ = svg.write_fmt(line);
    };
    for tenth in (0..=10).step_by(2) {
        let share = f64::from(tenth) / 10.0;
        let (end, at) = (WIDTH - RIGHT, y(share));
        draw(format_args!("<path d=\"M{LEFT} {at:.1}H{end}\" stroke=\"#ddd\"/>\n<text x=\"24\" y=\"{:.1}\">{share:.1}</text>\n", at + 4.0));
    }
    for point in points.iter().step_by(3) {
        let (at, base) = (x(point.threshold), HEIGHT - BOTTOM + 20.0);
        draw(format_args!("<text x=\"{at:.1}\" y=\"{base}\" text-anchor=\"middle\">{:.2}</text>\n", point.threshold));
    }
    let (middle, base) = ((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 8.0);
    draw(format_args!("<text x=\"{middle}\" y=\"{base}\" text-anchor=\"middle\">probability from which an answer is given</text>\n"));
    let (at, floor) = (x(chosen), HEIGHT - BOTTOM);
    draw(format_args!("<path d=\"M{at:.1} {TOP}V{floor}\" stroke=\"#888\" stroke-dasharray=\"4 4\"/>\n"));
    let lines: [Line; 4] = [
        ("answered", "#1a56a0", |point| point.answered_share),
        ("of these right", "#1b7f3b", |point| point.answered_precision),
        ("resolved", "#7a4fb5", |point| point.resolved),
        ("strangers answered", "#b3261e", |point| point.false_answer_rate),
    ];
    for (place, (name, color, share)) in lines.into_iter().enumerate() {
        let path: Vec<String> = points.iter().map(|point| format!("{:.1} {:.1}", x(point.threshold), y(share(point)))).collect();
        let (left, base) = (WIDTH - RIGHT + 14.0, TOP + 20.0 * (place as f64 + 1.0));
        draw(format_args!("<path d=\"M{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/>\n", path.join("L")));
        draw(format_args!("<text x=\"{left}\" y=\"{base}\" fill=\"{color}\">{name}</text>\n"));
    }
    svg.push_str("</svg>\n");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(threshold: f64, share: f64) -> CurvePoint {
        CurvePoint { threshold, answered_share: share, answered_precision: 0.9, resolved: 0.95, false_answer_rate: 0.01 }
    }

    #[test]
    fn a_table_has_a_row_for_each_point() {
        let table = curve_table(&[point(0.2, 0.8), point(0.6, 0.5)]);
        assert_eq!(table.lines().count(), 4);
        assert!(table.ends_with("| 0.60 | 0.500 | 0.900 | 0.950 | 0.010 |\n"), "{table}");
    }

    #[test]
    fn a_drawing_stays_within_its_frame() {
        let svg = curve_svg(&[point(0.2, 1.0), point(0.95, 0.0)], 0.6, "a <b> & c");
        assert!(svg.contains("a &lt;b> &amp; c"));
        assert!(svg.contains(&format!("M{:.1} {:.1}L{:.1} {:.1}", LEFT, TOP, WIDTH - RIGHT, HEIGHT - BOTTOM)), "{svg}");
    }
}
