//! What virt-patch's expressions have beside XPath 1.0, what they refuse, and their limits.

#[cfg(test)]
#[path = "support/roxml.rs"]
mod roxml;

use std::collections::BTreeMap;
use std::rc::Rc;

use roxml::{Handle, Roxml};
use virt_patch::diagnostic::Code;
use virt_patch::xpath::{
    Budget, Document, Error, EvalError, Expr, Operand, PlanStart, PlanStep, Scope, TestTarget, Tree, Value, VarType,
    Variables, compile, value,
};

const DOMAIN: &str = "<domain xmlns:q='urn:q'><name>vm</name><vcpu>4</vcpu><devices>\
<disk type='file'><target dev='vda' bus='virtio'/></disk><disk type='block'><target dev='sda' bus='sata'/></disk>\
<interface><mac address='52:54'/></interface></devices><if><then>1</then></if><for/><div>2</div>\
<on><port>22</port><port>80</port><port>22</port><enabled>false</enabled></on><q:arg/></domain>";

/// The tree and the variables of the tests: `$disks`, `$json` (stands for JSON), `$item` (a loop
/// variable over it), `$text`, `$number`, `$flag`, `$absent`, `$any` (1).
struct World {
    tree: Roxml,
    values: BTreeMap<&'static str, Value<Handle>>,
}

impl Variables<Handle> for World {
    fn get(&self, name: &str) -> Option<&Value<Handle>> {
        self.values.get(name)
    }
}

const TYPES: &[(&str, VarType)] = &[
    ("disks", VarType::Nodes),
    ("json", VarType::Json),
    ("item", VarType::JsonItem),
    ("text", VarType::Text),
    ("number", VarType::Number),
    ("flag", VarType::Boolean),
    ("absent", VarType::Text),
    ("any", VarType::Any),
];

fn world() -> World {
    let tree = Roxml::parse(DOMAIN);
    let mut world = World { tree, values: BTreeMap::new() };
    let nodes = |path: &str| {
        let value = evaluate(&world, path);
        assert!(value.is_ok(), "{path}: {value:?}");
        value.unwrap_or(Value::Boolean(false))
    };
    let values = [
        ("disks", nodes("/domain/devices/disk")),
        ("json", nodes("/domain/on")),
        ("item", nodes("/domain/on/enabled")),
        ("text", Value::Text("a,b c".into())),
        ("number", Value::Number(3.0)),
        ("flag", Value::Boolean(false)),
        ("absent", Value::Nodes(Rc::from([]))),
        ("any", Value::Number(1.0)),
    ];
    world.values = BTreeMap::from(values);
    world
}

#[derive(Debug)]
enum Failure {
    Compile(Error),
    Run(EvalError),
}

fn scoped(text: &str, document: Document) -> Result<Expr, Error> {
    let namespaces = BTreeMap::from([("qemu".to_owned(), "urn:q".to_owned())]);
    let variables = TYPES.iter().map(|&(name, ty)| (name.to_owned(), ty)).collect();
    compile(text, &Scope { namespaces: &namespaces, variables: &variables, document, relative: false })
}

fn expr(text: &str) -> Result<Expr, Error> {
    scoped(text, Document::Xml)
}

fn evaluate(world: &World, text: &str) -> Result<Value<Handle>, Failure> {
    let budget = Budget::new(10_000_000, 16 << 20);
    let compiled = expr(text).map_err(Failure::Compile)?;
    compiled.evaluate(&world.tree, world.tree.root(), world, &budget).map_err(Failure::Run)
}

/// A value in one line: nodes as their string-values (attributes and texts) or names.
fn show(world: &World, text: &str) -> String {
    let budget = Budget::new(1_000_000, 1 << 20);
    match evaluate(world, text) {
        Ok(Value::Nodes(nodes)) => {
            let items: Vec<String> = nodes
                .iter()
                .map(|&node| match world.tree.local_name(node) {
                    "" => value::string_value(&world.tree, node, &budget)
                        .map_or_else(|error| error.to_string(), Into::into),
                    name => format!("<{name}>"),
                })
                .collect();
            format!("[{}]", items.join("|"))
        }
        Ok(Value::Text(text)) => format!("{text:?}"),
        Ok(Value::Number(number)) => value::number_to_text(number),
        Ok(Value::Boolean(boolean)) => boolean.to_string(),
        Err(Failure::Compile(error)) => format!("compile {}", error.code),
        Err(Failure::Run(error)) => format!("run {}", error.code),
    }
}

fn check(table: &[(&str, &str)]) {
    let world = world();
    let wrong: Vec<String> = table
        .iter()
        .map(|&(text, expected)| (text, expected, show(&world, text)))
        .filter(|(_, expected, found)| expected != found)
        .map(|(text, expected, found)| format!("{text}\n  expected {expected}\n  found    {found}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn loops_choices_and_sequences() {
    check(&[
        ("()", "[]"),
        ("(1, 'b', true())", "[1|b|true]"),
        ("(2, 1, 2)[1]", "[2]"),
        ("(3, 1, 2)[last()]", "[2]"),
        ("count((1, 1, ()))", "2"),
        ("(1, 2) = 2", "true"),
        ("sum((1, 2, 3))", "6"),
        // A sequence keeps its order and duplicates; a path, a union and a loop over nodes do not.
        ("(/domain/vcpu, /domain/name, /domain/vcpu)", "[<vcpu>|<name>|<vcpu>]"),
        ("(/domain/vcpu, /domain/name)[1]", "[<vcpu>]"),
        ("/domain/vcpu | /domain/name | /domain/vcpu", "[<name>|<vcpu>]"),
        ("(/domain/vcpu, /domain/name)/text()", "[vm|4]"),
        ("for $n in (/domain/vcpu, /domain/name) return $n", "[<name>|<vcpu>]"),
        ("for $n in (/domain/vcpu, /domain/name) return ($n, 1)", "[<vcpu>|1|<name>|1]"),
        ("for $n in (3, 1, 3) return $n", "[3|1|3]"),
        ("for $n in range(1, 3) return $n * 2", "[2|4|6]"),
        ("for $a in (1, 2), $b in ('x', 'y') return concat($a, $b)", "[1x|1y|2x|2y]"),
        ("for $d in $disks, $t in $d/target return string($t/@dev)", "[vda|sda]"),
        ("for $x in $text return upper-case($x)", "[A,B C]"),
        ("for $x in $absent return 1", "[]"),
        ("if ($flag) then 1 else 'no'", "\"no\""),
        ("if ($absent) then 1 else ()", "[]"),
        ("if (/domain/name) then if (0) then 1 else 2 else 3", "2"),
        ("some $d in $disks satisfies $d/target/@bus = 'sata'", "true"),
        ("every $d in $disks satisfies $d/target/@bus = 'sata'", "false"),
        ("every $d in () satisfies false()", "true"),
        ("some $a in (1, 2), $b in (2, 3) satisfies $a = $b", "true"),
        // The context stays the predicate's.
        ("$disks[some $b in ('sata') satisfies target/@bus = $b]/@type", "[<type>]"),
        ("count($disks[for $x in (1, 2) return position() = 1])", "2"),
        ("$disks[$any]/@type = 'file'", "true"),
        ("$disks[target/@bus = 'sata']/@type = 'block'", "true"),
        // A path in a predicate starts at the document, whatever the context is.
        ("count($disks[/domain/name = 'vm'])", "2"),
        // Keywords are names where a name fits.
        ("/domain/if/then", "[<then>]"),
        ("/domain/for", "[<for>]"),
        ("/domain/div div /domain/div", "1"),
        ("/domain/*[self::if or self::for]", "[<if>|<for>]"),
        ("/domain/qemu:arg", "[<arg>]"),
        ("for $return in /domain/if return $return/then", "[<then>]"),
    ]);
}

#[test]
fn functions() {
    check(&[
        ("lower-case('ÄB')", "\"äb\""),
        ("upper-case(())", "\"\""),
        ("ends-with('abc', 'bc')", "true"),
        ("ends-with('abc', '')", "true"),
        ("matches('xABx', 'ab')", "false"),
        ("matches('xABx', 'ab', 'i')", "true"),
        ("matches('a\nb', '^b$', 'm')", "true"),
        ("matches('ab', 'a b', 'x')", "true"),
        ("replace('abcd', '(b)(c)', '[$2$1$0]')", "\"a[cbbc]d\""),
        ("replace('a.b', '\\.', '\\$\\\\')", "\"a$\\\\b\""),
        ("replace('abc', 'b', '$12')", "\"a2c\""),
        ("replace('abc', '(b)', '$12')", "\"ab2c\""),
        ("replace('abc', 'x', 'y')", "\"abc\""),
        ("replace('ab', '\\b{start}', '>')", "\">ab\""),
        ("tokenize(' a  b ')", "[a|b]"),
        ("tokenize('a,b,,c', ',')", "[a|b||c]"),
        ("tokenize(',a', ',')", "[|a]"),
        ("tokenize('', ',')", "[]"),
        ("tokenize((), ',')", "[]"),
        ("tokenize($text, ',')[2]", "[b c]"),
        ("string-join(('a', 'b'), '-')", "\"a-b\""),
        ("string-join(('a', 'b'))", "\"ab\""),
        ("string-join(/domain/on/port, ',')", "\"22,80,22\""),
        ("string-join('a', ',')", "\"a\""),
        ("string-join((), ',')", "\"\""),
        ("distinct-values(/domain/on/port)", "[22|80]"),
        ("distinct-values(('b', 'a', 'b'))", "[b|a]"),
        ("min(/domain/on/port)", "22"),
        ("max((1, 10, 9))", "10"),
        ("max(())", "[]"),
        ("min('x')", "run function-value"),
        ("max((1, 'x'))", "run function-value"),
        ("abs(-2)", "2"),
        ("abs($absent)", "[]"),
        ("exists(/domain/nothing)", "false"),
        ("exists($text)", "true"),
        ("exists($absent)", "false"),
        ("empty(())", "true"),
        ("empty('')", "false"),
        ("range(2, 4)", "[2|3|4]"),
        ("range(2, 1)", "[]"),
        ("range(1.5, 2)", "run function-value"),
        ("hex(255)", "\"ff\""),
        ("hex(10, 4)", "\"000a\""),
        ("hex(())", "[]"),
        ("hex(-1)", "run function-value"),
        ("hex(0.5)", "run function-value"),
        ("number-from-hex('0xFF')", "255"),
        ("number-from-hex('1f')", "31"),
        ("number-from-hex('')", "run function-value"),
        ("number-from-hex('+1')", "run function-value"),
        ("number-from-hex('0x')", "run function-value"),
        ("number-from-hex('ffffffffffffffff')", "run function-value"),
        ("number-from-hex(())", "[]"),
        ("basename('/a/b.img')", "\"b.img\""),
        ("basename('/a/b/')", "\"b\""),
        ("basename('/')", "\"/\""),
        ("basename(())", "\"\""),
        ("dirname('/a/b.img')", "\"/a\""),
        ("dirname('/a')", "\"/\""),
        ("dirname('a')", "\".\""),
        ("dirname('/a//b/')", "\"/a\""),
        (r#"split-args("a 'b c' d\ e "" f")"#, "compile xpath-syntax"),
        (r"split-args('a b\ c')", "[a|b c]"),
        (r#"split-args('-x "a b\"c\d" "" e')"#, r#"[-x|a b"c\d||e]"#),
        (r#"split-args("'it is'it")"#, "[it isit]"),
        ("split-args('a \"b')", "run function-value"),
        (r"split-args('a\')", "run function-value"),
        ("split-args(())", "[]"),
        ("split-args('')", "[]"),
        ("shell-quote('a-b/c.d')", "\"a-b/c.d\""),
        ("shell-quote('a b')", "\"'a b'\""),
        ("shell-quote(\"it's\")", r#""'it'\\''s'""#),
        ("shell-quote('')", "\"''\""),
        ("qemu-quote('a,b,,c')", "\"a,,b,,,,c\""),
        ("json('a\"b')", r#""\"a\\\"b\"""#),
        ("json(1.5)", "\"1.5\""),
        ("json(true())", "\"true\""),
        ("json(())", "\"null\""),
        ("json(0 div 0)", "run function-value"),
        ("json((1, 'a'))", r#""[\"1\",\"a\"]""#),
        ("sha256('abc')", "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\""),
        ("path-under('/a/b', '/a')", "true"),
        ("path-under('/a/b', '/a/')", "true"),
        ("path-under('/a', '/a')", "false"),
        ("path-under('/ab', '/a')", "false"),
        ("path-under('/a/../b', '/a')", "false"),
        ("path-under('/a/./x/../b', '/a')", "true"),
        ("path-under('a/b', '/a')", "false"),
        ("path-under('../a/b', 'a')", "false"),
        ("path-under('/x/y', '/')", "true"),
        ("path-under('', '/')", "false"),
        ("member($json, 'port')", "[<port>|<port>|<port>]"),
        ("member($json, 'a/b')", "[]"),
        ("substring('12345', 2)", "\"2345\""),
    ]);
}

#[test]
fn static_errors_say_where() {
    let table: &[(&str, Code, &str, Option<&str>)] = &[
        ("", Code::XpathSyntax, "", None),
        ("/domain/", Code::XpathSyntax, "", None),
        ("1 +", Code::XpathSyntax, "", None),
        ("/a b", Code::XpathSyntax, "b", None),
        ("1, 2", Code::XpathSyntax, ",", Some("a sequence stands in parentheses: `(a, b)`")),
        ("'open", Code::XpathSyntax, "'open", None),
        ("/a == 1", Code::XpathSyntax, "=", Some("write `=` once")),
        ("/a && /b", Code::XpathSyntax, "&", Some("write `and`")),
        ("/a/childs::b", Code::XpathSyntax, "childs", Some("did you mean `child`?")),
        ("/a/namespace::b", Code::XpathSyntax, "namespace", Some("ask `namespace-uri(…)`")),
        ("if (1) then 2", Code::XpathSyntax, "", Some("`if` needs both branches; `else ()` gives nothing")),
        ("contain('a', 'b')", Code::UnknownFunction, "contain", Some("did you mean `contains`?")),
        ("fn:count(/a)", Code::UnknownFunction, "fn:count", Some("did you mean `count`?")),
        ("1 + count()", Code::ArgumentCount, "count()", None),
        ("$disk/a", Code::UnknownVariable, "$disk", Some("did you mean `$disks`?")),
        ("/domain/qmeu:arg", Code::UnknownPrefix, "qmeu", Some("did you mean `qemu`?")),
        ("/domain/child:name", Code::UnknownPrefix, "child", Some("an axis has two colons: `child::`")),
        ("target", Code::RelativePath, "target", Some("did you mean `$disks/target`?")),
        ("for $n in $disks return mac", Code::RelativePath, "mac", Some("did you mean `$n/mac`?")),
        ("concat(., 'a')", Code::RelativePath, ".", Some("did you mean `$disks`?")),
        ("@dev = 'vda'", Code::RelativePath, "@", Some("did you mean `$disks/@dev`?")),
        ("child::mac", Code::RelativePath, "child", Some("did you mean `$disks/child::mac`?")),
        ("position()", Code::RelativePath, "position()", Some("did you mean `$disks`?")),
        ("string()", Code::RelativePath, "string()", Some("did you mean `$disks`?")),
        ("when $json/enabled", Code::RelativePath, "when", Some("did you mean `$disks/when`?")),
        ("count(1)", Code::XpathType, "1", None),
        ("'a' | /b", Code::XpathType, "'a'", None),
        ("$text/a", Code::XpathType, "$text", None),
        ("/a[$json/enabled]", Code::JsonTruth, "$json/enabled", None),
        ("not($json/enabled)", Code::JsonTruth, "$json/enabled", None),
        ("1 and $json/enabled", Code::JsonTruth, "$json/enabled", None),
        ("$json[enabled]", Code::JsonTruth, "enabled", None),
        ("if ($item) then 1 else 2", Code::JsonTruth, "$item", None),
        ("some $x in $json satisfies $x", Code::JsonTruth, "$x", None),
        ("$json/enabled = true()", Code::JsonTruth, "$json/enabled", None),
        ("boolean(($json, 1))", Code::JsonTruth, "($json, 1)", None),
        ("for $text in $disks return 1", Code::Shadowing, "$text", None),
        ("matches('a', $text)", Code::RegexSyntax, "$text", None),
        ("matches('a', '(')", Code::RegexSyntax, "'('", None),
        ("matches('a', 'a', 'q')", Code::RegexSyntax, "'q'", None),
        ("matches('a', '((a{1000}){1000}){1000}')", Code::RegexSyntax, "'((a{1000}){1000}){1000}'", None),
        ("tokenize('a', 'x*')", Code::FunctionValue, "'x*'", None),
        ("replace('a', 'x', '$')", Code::FunctionValue, "'$'", None),
        ("replace('a', 'x', '\\n')", Code::FunctionValue, "'\\n'", None),
        ("file-path('a')", Code::ContainerFile, "'a'", Some("declare it there: `files: [{name: …, file: …}]`")),
        ("file-path($text)", Code::ContainerFile, "$text", None),
        ("file-path()", Code::ArgumentCount, "file-path()", None),
    ];
    for &(text, code, place, help) in table {
        let error = expr(text).expect_err(text);
        let found = (error.code, text.get(error.span.clone()), error.help.as_deref());
        assert_eq!((found.0, found.1), (code, Some(place)), "{text}: {error}");
        assert!(help.is_none() || help == found.2, "{text}: {error}");
    }
}

#[test]
fn json_as_a_condition() {
    for text in [
        "$json",
        "not($json)",
        "$json and 1",
        "exists($json/enabled)",
        "$json/enabled = 'true'",
        "$json[enabled = 'x']/a = 1",
    ] {
        expr(text).expect(text).check_condition().expect(text);
    }
    for text in ["$json/enabled", "$item", "($json, 1)", "$json[1]", "/a | $json", "for $x in $json return $x"] {
        assert_eq!(expr(text).expect(text).check_condition().expect_err(text).code, Code::JsonTruth, "{text}");
    }
    let in_json = scoped("/package_update", Document::Json).expect("a path");
    assert_eq!(in_json.check_condition().expect_err("a path into JSON").code, Code::JsonTruth);
    assert_eq!(in_json.result_type(), VarType::JsonItem);
    assert_eq!(scoped("/a", Document::None).expect_err("no document").code, Code::NoDocument);
}

#[test]
fn a_compiled_expression_can_be_shared_by_threads() {
    let shared = expr("matches(/domain/name, '^v')").expect("an expression");
    let evaluate = || {
        let (world, budget) = (world(), Budget::new(1000, 1000));
        shared.evaluate_condition(&world.tree, world.tree.root(), &world, &budget)
    };
    let found = std::thread::scope(|scope| [scope.spawn(evaluate), scope.spawn(evaluate)].map(|thread| thread.join()));
    assert!(found.into_iter().all(|found| found.expect("no panic") == Ok(true)));
}

#[test]
fn what_an_expression_uses() {
    let used = expr("$disks[@a = $text]/b[/c = $disks]").expect("a path");
    assert_eq!(used.variables().collect::<Vec<_>>(), ["disks", "text"]);
    assert!(used.uses_document());
    let local = expr("for $x in $disks return $x/a").expect("a loop");
    assert_eq!(local.variables().collect::<Vec<_>>(), ["disks"]);
    assert!(!local.uses_document());
}

#[test]
fn plans_for_creating() {
    let text = "/domain/a[@n='v' and b/@c=$text]['x'=d]/qemu:e/@f";
    let path = expr(text).expect("a path");
    let plan = path.plan().expect("a plan");
    assert_eq!(plan.start, PlanStart::Root);
    assert_eq!(plan.steps.len(), 4);
    let PlanStep::Element { name, tests } = &plan.steps[1] else { panic!("{plan:?}") };
    assert_eq!(name.local, "a");
    let [first, second, third] = tests.as_slice() else { panic!("{tests:?}") };
    assert!(matches!(&first.target, TestTarget::Attribute(name) if name.local == "n"));
    assert_eq!(first.value, Operand::Literal("v".into()));
    assert!(matches!(&second.target, TestTarget::ChildAttribute(b, c) if b.local == "b" && c.local == "c"));
    assert_eq!(second.value, Operand::Variable("text".into()));
    assert!(matches!(&third.target, TestTarget::Child(name) if name.local == "d"));
    assert!(matches!(&plan.steps[2], PlanStep::Element { name, .. } if name.namespace == "urn:q"));
    assert!(matches!(&plan.steps[3], PlanStep::Attribute { name } if name.local == "f"));
    assert_eq!(path.prefix_text(0), "/");
    assert_eq!(path.prefix_text(1), "/domain");
    assert_eq!(path.prefix_text(2), "/domain/a[@n='v' and b/@c=$text]['x'=d]");
    assert_eq!(path.prefix_text(4), text);

    for (text, place) in [
        ("/a//b", "//b"),
        ("/a/b[2]", "2"),
        ("/a/b[@c != 'd']", "@c != 'd'"),
        ("/a/b[@c]", "@c"),
        ("/a/*", "*"),
        ("/a/..", ".."),
        ("/a/b[@c='d' or @e='f']", "@c='d' or @e='f'"),
        ("/a/text()", "text()"),
    ] {
        let plan = expr(text).expect(text).plan().expect(text);
        let Some(PlanStep::Opaque { span, .. }) = plan.steps.last() else { panic!("{text}: {plan:?}") };
        assert_eq!(&text[span.clone()], place);
    }
    let start = |text: &str| expr(text).expect(text).plan().map(|plan| plan.start);
    assert_eq!(start("$disks"), Some(PlanStart::Variable("disks".into())));
    assert_eq!(start("$disks/a"), Some(PlanStart::Variable("disks".into())));
    assert_eq!(start("$disks[1]/a"), Some(PlanStart::Expression));
    assert_eq!(start("1 + 1"), None);
}

#[test]
fn prefixes_of_paths() {
    let world = world();
    let budget = Budget::new(100_000, 100_000);
    let count = |text: &str, steps| {
        let path = expr(text).expect(text);
        path.evaluate_prefix(steps, &world.tree, world.tree.root(), &world, &budget).expect(text).len()
    };
    assert_eq!(
        [0, 1, 2, 3, 4].map(|steps| count("/domain/devices/disk[@type='file']/nothing", steps)),
        [1, 1, 1, 1, 0]
    );
    assert_eq!([0, 1].map(|steps| count("$disks/target", steps)), [2, 2]);
    assert_eq!(count("$json | $disks", 0), 3);
    assert_eq!(expr("$disks[1]/a").expect("a path").prefix_text(0), "$disks[1]");
}

#[test]
fn hostile_expressions_end_with_limit() {
    let world = world();
    for text in [
        "for $a in range(1, 1000000000) return $a",
        "count(for $a in range(1, 1000), $b in range(1, 1000), $c in range(1, 1000) return ())",
        "//*[count(//*[count(//*[count(//*[count(//*) > 0]) > 0]) > 0]) > 0][some $a in range(1, 100000) satisfies count(//*//*) = 0]",
        "every $a in range(1, 100000) satisfies every $b in //* satisfies string(/)",
        "some $a in range(1, 1000) satisfies count(range(1, 1000)) = 0",
    ] {
        match evaluate(&world, text) {
            Err(Failure::Run(error)) => assert_eq!(error.code, Code::Limit, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    // Each comparison of a short text is a step.
    let mut many = self::world();
    let Ok(Value::Nodes(found)) = evaluate(&many, "//@*") else { panic!("no attributes") };
    let attributes: Vec<Handle> = (0..500).filter_map(|at| found.get(at % found.len()).copied()).collect();
    many.values.insert("disks", Value::Nodes(Rc::from(attributes)));
    many.values.insert("text", Value::Text("x".repeat(100_000).into()));
    for text in [
        "some $x in $disks satisfies $disks = 'q'",
        "some $x in $disks satisfies $disks = 1",
        "some $x in $disks satisfies $disks < $disks",
        "some $x in $disks satisfies $text = 1",
    ] {
        let budget = Budget::new(100_000, 1 << 20);
        let value = expr(text).expect(text).evaluate(&many.tree, many.tree.root(), &many, &budget);
        assert_eq!(value.map_err(|error| error.code), Err(Code::Limit), "{text}");
    }
    let budget = Budget::new(10, 10);
    let all = expr("//*").expect("a path");
    assert_eq!(
        all.evaluate(&world.tree, world.tree.root(), &world, &budget).map_err(|error| error.code),
        Err(Code::Limit)
    );
    assert_eq!(budget.steps_left(), 0);
}

#[test]
fn nesting_is_bounded_and_chains_are_not() {
    let world = world();
    let nested = |levels: usize, open: &str, close: &str| format!("{}1{}", open.repeat(levels), close.repeat(levels));
    for (open, close) in [
        ("(", ")"),
        ("-(", ")"),
        ("number(", ")"),
        ("0 or 1 and 1 = 1 < 1 + 1 * -(", ")"),
        ("/*[0 or 1 and 1 = 1 < 1 + 1 * -", "]"),
        ("/*[position() = 0 or 1 and 1 = 1 < 1 + 1 * -", "]"),
        ("if (1) then ", " else 2"),
        ("/*[", "]"),
        ("(1, ", ")"),
        ("some $a in 1 satisfies /*[", "]"),
    ] {
        // A level with seven operators is seven parts deep, and 160 is the end of that.
        let deepest = match open {
            _ if open.starts_with("some") => 1,
            _ if open.contains("or 1") => 19,
            _ => 64,
        };
        assert!(evaluate(&world, &nested(deepest, open, close)).is_ok(), "{open}");
        if deepest == 19 {
            assert_eq!(expr(&nested(64, open, close)).expect_err(open).code, Code::Limit, "{open}");
        }
        let error = expr(&nested(100_000, open, close)).expect_err(open);
        assert!(matches!(error.code, Code::Limit | Code::Shadowing), "{open}: {error}");
    }
    let loops: Vec<String> = (0..100_000).map(|index| format!("$v{index} in 1")).collect();
    let error = expr(&format!("for {} return 1", loops.join(", "))).expect_err("many loops");
    assert_eq!(error.code, Code::Limit);

    let chain = |operator: &str| vec!["1"; 20_000].join(operator);
    check(&[
        (&format!("{}1", "-".repeat(100_001)), "-1"),
        (&chain(" + "), "20000"),
        (&chain(" * "), "1"),
        (&chain(" and "), "true"),
        (&chain(" = "), "true"),
        (&chain(" <= "), "true"),
        (&vec!["0"; 20_000].join(" or "), "false"),
        (&format!("count({})", vec!["/domain"; 5_000].join("|")), "1"),
        (&format!("count(({}))", vec!["1"; 5_000].join(",")), "5000"),
        (&format!("count(/domain{})", "/.".repeat(20_000)), "1"),
        (&format!("count(/domain{})", "[1]".repeat(20_000)), "1"),
    ]);
}
