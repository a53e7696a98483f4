//! Changes as scripts make them, at random places: attributes, texts, elements removed, doubled, moved, put in.

/// A small generator (Marsaglia's xorshift), so that the same domains come out each time.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// The spans of elements below the root, and of attribute values.
fn places(text: &str) -> (Vec<std::ops::Range<usize>>, Vec<std::ops::Range<usize>>) {
    let document = roxmltree::Document::parse(text).expect("XML");
    let below = || document.root_element().descendants().filter(|node| node.is_element()).skip(1);
    let values = below().flat_map(|node| node.attributes()).map(|attribute| attribute.range_value());
    (below().map(|node| node.range()).collect(), values.collect())
}

/// One to four changes.
pub(crate) fn mutated(domain: &str, random: &mut Random) -> String {
    let mut text = domain.to_owned();
    for _ in 0..=random.below(4) {
        let changed = change(&text, random);
        // A prefix may be lost with the element that declares it; that is no domain then.
        if roxmltree::Document::parse(&changed).is_ok() {
            text = changed;
        }
    }
    text
}

fn change(text: &str, random: &mut Random) -> String {
    let (elements, values) = places(text);
    if elements.is_empty() {
        return text.to_owned();
    }
    let one = elements[random.below(elements.len())].clone();
    let other = elements[random.below(elements.len())].clone();
    let without = |range: &std::ops::Range<usize>| format!("{}{}", &text[..range.start], &text[range.end..]);
    match random.below(6) {
        0 if !values.is_empty() => {
            let value = values[random.below(values.len())].clone();
            let new = ["other", "", "${x} &amp; 'y'", "42"][random.below(4)];
            // The value may stand in single quotes.
            let new = new.replace('\'', "&apos;");
            format!("{}{new}{}", &text[..value.start], &text[value.end..])
        }
        1 => without(&one),
        2 => format!("{}{}{}", &text[..one.end], &text[one.clone()], &text[one.end..]),
        3 if one.end <= other.start => {
            let cut = without(&other);
            format!("{}{}{}", &cut[..one.start], &text[other], &cut[one.start..])
        }
        4 => format!("{}<new kind=\"{}\"/>{}", &text[..one.start], random.below(3), &text[one.start..]),
        _ => {
            let inner = ["<entry name=\"a\">text</entry>", "<x><y z=\"1\"/></x>", "<!-- aside -->"][random.below(3)];
            format!("{}{inner}{}", &text[..one.end], &text[one.end..])
        }
    }
}
