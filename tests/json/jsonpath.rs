use serde_json::{Value, json};
use virt_patch::json::query::{Query, Steps};

use crate::suite::read;
use crate::support;

/// Generated tests that are not followed, and why.
const SKIPPED: [(&str, &[&str]); 3] = [
    (
        "`@` alone is a query (section 2.3.5.1), and so an argument of count() and value(); the suite takes that both ways",
        &[
            "gen-0202", "gen-0338", "gen-0376", "gen-0465", "gen-0525", "gen-0532", "gen-0643", "gen-0865", "gen-0942",
            "gen-1119", "gen-1168", "gen-1194",
        ],
    ),
    ("`\\d` is no I-Regexp, but the rule language's patterns have it", &["gen-0812"]),
    ("`!` stands before a test or parentheses, never before a comparison (appendix A)", &["gen-1124"]),
];

/// Runs the tests of one file; how many there were.
fn run(tests: &[Value], document: impl Fn(&Value) -> Value) -> usize {
    let mut wrong = Vec::new();
    for test in tests {
        let selector = test["selector"].as_str().expect("a selector");
        let query = Query::parse(selector);
        if test["invalid_selector"] == true {
            if query.is_ok() {
                wrong.push(format!("{} {selector}: accepted", test["name"]));
            }
            continue;
        }
        let query = match query {
            Ok(query) => query,
            Err(error) => {
                wrong.push(format!("{} {selector}: {error}", test["name"]));
                continue;
            }
        };
        let document = document(&test["document"]);
        let selected: Value =
            query.select(&document, &Steps::default()).expect(selector).into_iter().cloned().collect();
        let allowed: Vec<&Value> = match test.get("results") {
            Some(several) => several.as_array().expect("a list").iter().collect(),
            None => vec![&test["result"]],
        };
        if !allowed.contains(&&selected) {
            wrong.push(format!("{} {selector}: {selected}", test["name"]));
        }
        let places = query.locations(&document, &Steps::default()).expect(selector);
        let found: Value = places.iter().map(|place| place.get(&document).cloned()).collect();
        if found != selected {
            wrong.push(format!("{} {selector}: the places lead to {found}", test["name"]));
        }
        if query.is_singular() && selected.as_array().is_some_and(|selected| selected.len() > 1) {
            wrong.push(format!("{} {selector}: singular, and selects several", test["name"]));
        }
    }
    let skipped: Vec<&str> = SKIPPED.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    let is_skipped = |line: &String| skipped.iter().any(|name| line.starts_with(&format!("\"{name}\"")));
    let passes: Vec<_> = skipped
        .iter()
        .filter(|name| tests.iter().any(|test| test["name"] == **name))
        .filter(|name| !wrong.iter().any(|line| line.starts_with(&format!("\"{name}\""))))
        .collect();
    assert!(passes.is_empty(), "these pass and need not be skipped: {passes:?}");
    wrong.retain(|line| !is_skipped(line));
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), tests.len(), wrong.join("\n"));
    tests.len()
}

#[test]
fn compliance_suite() {
    let Some(suite) = support::shared("suites/jsonpath") else { return };
    let cts = read(&suite.join("cts.json"));
    assert_eq!(run(cts["tests"].as_array().expect("tests"), Value::clone), 703);
    let generated = read(&suite.join("generated.json"));
    let documents = &generated["documents"];
    let named = |name: &Value| documents[name.as_str().expect("a name")].clone();
    assert_eq!(run(generated["tests"].as_array().expect("tests"), named), 633);
}

#[test]
fn singular_queries() {
    for (query, singular) in [
        ("$", true),
        ("$.a", true),
        ("$['a'][0].b", true),
        ("$[-1]", true),
        ("$ ['a' ]\n.b", true),
        ("$[\"a']\"].b", true),
        ("$.*", false),
        ("$..a", false),
        ("$['a','b']", false),
        ("$[0:1]", false),
        ("$[?@.a]", false),
        ("$.a[?@['b']].c", false),
    ] {
        assert_eq!(Query::parse(query).expect(query).is_singular(), singular, "{query}");
    }
}

#[test]
fn a_final_name_is_split_off() {
    for (query, expected) in [
        ("$.a.b", Some(("$.a", "b"))),
        ("$.a['it\\'s \"x\" \\u263a']", Some(("$.a", "it's \"x\" \u{263a}"))),
        ("$.ethernets.* .dhcp4", Some(("$.ethernets.*", "dhcp4"))),
        ("$[?@['x']].y", Some(("$[?@['x']]", "y"))),
        ("$.a[0]", None),
        ("$..a", None),
        ("$['a','b']", None),
        ("$", None),
    ] {
        let split = Query::parse(query).expect(query).split_name();
        let split = split.as_ref().map(|(rest, name)| (rest.as_str(), name.as_str()));
        assert_eq!(split, expected, "{query}");
    }
}

#[test]
fn an_error_says_where() {
    let error = Query::parse("$.a[?@.b = 1]").expect_err("'=' is no comparison");
    assert!((4..12).contains(&error.offset), "{error:?}");
    assert!(Query::parse("é").is_err());
    let error = Query::parse("$[?lenght(@.a) > 1]").expect_err("a wrong function");
    assert_eq!(
        (error.offset, error.message.as_str()),
        (3, "JSONPath has no function 'lenght'; did you mean 'length'?")
    );
}

#[test]
fn hostile_queries_end_soon() {
    let start = std::time::Instant::now();
    for nest in ["[?@", "[?(", "[?!(", "[?length(", "[?count(@[?", "[?!", "[?value(value("] {
        for count in [3, 16, 20_000] {
            _ = Query::parse(&format!("${}", nest.repeat(count)));
            let closing: String = nest
                .chars()
                .rev()
                .filter_map(|char| match char {
                    '[' => Some(']'),
                    '(' => Some(')'),
                    _ => None,
                })
                .collect();
            _ = Query::parse(&format!("${}@.a{}", nest.repeat(count), closing.repeat(count)));
        }
    }
    assert!(Query::parse(&format!("${}", "[?@".repeat(20_000))).is_err());
    assert!(Query::parse(&format!("${}", "..a".repeat(4))).is_err());
    assert!(Query::parse(&format!("${}", "[*,*]".repeat(20))).is_err());
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!({"a": deep, "b": [1]});
    }
    let query = Query::parse("$..*..*..*").expect("three descents");
    assert!(query.select(&deep, &Steps::default()).is_err(), "a million ways lead through a hundred levels");
    assert!(!query.select(&deep, &Steps::new(u64::MAX)).expect("steps enough").is_empty());
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

#[test]
fn comparisons_are_exact() {
    let value: Value = serde_json::from_str(
        r#"[{"n":18446744073709551616},{"n":18446744073709551617},{"n":1e2},{"n":-3},{"n":true},{"n":[1,2]},{}]"#,
    )
    .expect("JSON");
    for (filter, expected) in [
        ("@.n == 18446744073709551616", &[0][..]),
        ("@.n > 18446744073709551616", &[1]),
        ("@.n == 100", &[2]),
        ("@.n < 0.5", &[3]),
        ("@.n >= true", &[4]),
        ("@.n >= false", &[]),
        ("@.n[-1] == 2", &[5]),
        ("@.n <= @.none", &[6]),
        ("@.n < @.none", &[]),
    ] {
        let query = Query::parse(&format!("$[?{filter}]")).expect(filter);
        let found: Vec<String> =
            query.locations(&value, &Steps::default()).expect(filter).iter().map(ToString::to_string).collect();
        assert_eq!(found, expected.iter().map(|index| format!("/{index}")).collect::<Vec<_>>(), "{filter}");
    }
}

#[test]
fn large_numbers_are_what_they_were() {
    let value: Value = serde_json::from_str(r#"{"n": 18446744073709551616, "f": 1.10}"#).expect("JSON");
    let query = Query::parse("$.*").expect("a query");
    let texts: Vec<String> =
        query.select(&value, &Steps::default()).expect("few steps").iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["18446744073709551616", "1.10"]);
}

#[test]
fn what_a_query_costs_is_bounded() {
    let long = "x".repeat(10_000);
    let list: Vec<Value> = (0..200).map(|at| json!({"a": at, "b": long})).collect();
    let document = json!({"list": list, "pattern": "x*y", "numbers": (0..3000).collect::<Vec<_>>()});
    let start = std::time::Instant::now();
    for query in [
        "$..[?$..[?$..[?@.zz == 1]]]",
        "$.numbers[?count($.numbers[*]) == 0]",
        "$.numbers[?count($.numbers[0:3000]) == 0]",
        "$.list[?$.list[?@.b != $.list[0].b]]",
        "$.list[?@ != $.list[0]][?$.list[?$.list == $.list]]",
        "$.list[?$.list[?match(@.b, 'x*y')]]",
        "$.numbers[?match('x', $.pattern)]",
        "$.list[?$.list[?length(@.b) == 1]]",
    ] {
        let parsed = Query::parse(query).expect(query);
        let error = parsed.select(&document, &Steps::default()).expect_err(query);
        assert_eq!(error.to_string(), "the JSONPath queries look at more than 1000000 values");
        assert!(parsed.locations(&document, &Steps::default()).is_err(), "{query}");
    }
    assert!(start.elapsed().as_secs() < 120, "{:?}", start.elapsed());
    let steps = Steps::new(500);
    let every = Query::parse("$.list[*]").expect("a query");
    assert_eq!(every.select(&document, &steps).map(|found| found.len()), Ok(200));
    assert!((0..5).any(|_| every.select(&document, &steps).is_err()), "what is used up stays used up");
}
