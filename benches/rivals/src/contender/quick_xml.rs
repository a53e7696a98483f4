//! quick-xml has no tree: its events are copied, with the element written before the end tag.

use measure::Error;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, Writer};

pub(super) fn edit(domain: &str) -> Result<String, Error> {
    let mut reader = Reader::from_str(domain);
    let mut writer = Writer::new(Vec::with_capacity(domain.len() + 64));
    let mut depth = 0_usize;
    loop {
        let event = reader.read_event()?;
        match &event {
            Event::Start(_) => depth += 1,
            Event::End(end) => {
                if depth == 2 && end.name().as_ref() == "devices" {
                    writer
                        .write_event(Event::Empty(BytesStart::new("panic").with_attributes([("model", "hyperv")])))?;
                }
                depth = depth.saturating_sub(1);
            }
            Event::Eof => return Ok(String::from_utf8(writer.into_inner())?),
            _ => {}
        }
        writer.write_event(event)?;
    }
}
