//! The graph of a face network, made to take pictures of any size, and to say nothing but boxes.
//!
//! Enters: an ONNX file as CenterFace was published: its sizes are those of the example it was exported
//! with, its weights are listed as inputs beside the picture, and its last output marks eyes, nose and mouth.
//! Leaves: the same file without the sizes, with one input, and with the first three outputs. Weights that
//! are inputs would also keep ONNX Runtime from folding them. Only these fields of the Protocol Buffers
//! message are touched, every other byte stays.

use std::collections::BTreeSet;

// Field numbers of onnx.proto.
const MODEL_GRAPH: u64 = 7;
const GRAPH_INITIALIZER: u64 = 5;
const GRAPH_INPUT: u64 = 11;
const GRAPH_OUTPUT: u64 = 12;
const TENSOR_NAME: u64 = 8;
const VALUE_NAME: u64 = 1;
/// From a value to its shape: type, tensor type, shape.
const VALUE_SHAPE: [u64; 3] = [2, 1, 2];

const OUTPUTS_KEPT: usize = 3;

/// None if this is no ONNX file.
pub fn opened(model: &[u8]) -> Option<Vec<u8>> {
    let (mut out, mut graphs) = (Vec::with_capacity(model.len()), 0);
    for field in Fields(model) {
        let field = field?;
        if field.number == MODEL_GRAPH {
            graphs += 1;
            put(&mut out, MODEL_GRAPH, &graph(field.content?)?);
        } else {
            out.extend_from_slice(field.whole);
        }
    }
    (graphs == 1).then_some(out)
}

fn graph(graph: &[u8]) -> Option<Vec<u8>> {
    let mut weights = BTreeSet::new();
    for field in Fields(graph) {
        let field = field?;
        if field.number == GRAPH_INITIALIZER {
            weights.extend(named(field.content?, TENSOR_NAME));
        }
    }
    let (mut out, mut outputs) = (Vec::with_capacity(graph.len()), 0);
    for field in Fields(graph) {
        let field = field?;
        let is_weight = || named(field.content?, VALUE_NAME).map(|name| weights.contains(name));
        match field.number {
            GRAPH_INPUT if is_weight() == Some(true) => {}
            GRAPH_OUTPUT if outputs == OUTPUTS_KEPT => {}
            GRAPH_INPUT | GRAPH_OUTPUT => {
                outputs += usize::from(field.number == GRAPH_OUTPUT);
                put(&mut out, field.number, &without(field.content?, &VALUE_SHAPE)?);
            }
            _ => out.extend_from_slice(field.whole),
        }
    }
    Some(out)
}

/// The message without the field at the end of the path.
fn without(message: &[u8], path: &[u64]) -> Option<Vec<u8>> {
    let (first, rest) = path.split_first()?;
    let mut out = Vec::with_capacity(message.len());
    for field in Fields(message) {
        let field = field?;
        if field.number != *first {
            out.extend_from_slice(field.whole);
        } else if !rest.is_empty() {
            put(&mut out, field.number, &without(field.content?, rest)?);
        }
    }
    Some(out)
}

fn named(message: &[u8], number: u64) -> Option<&[u8]> {
    Fields(message).flatten().find(|field| field.number == number)?.content
}

fn put(out: &mut Vec<u8>, number: u64, content: &[u8]) {
    for mut value in [number << 3 | 2, content.len() as u64] {
        while value >= 0x80 {
            out.push(value as u8 | 0x80);
            value >>= 7;
        }
        out.push(value as u8);
    }
    out.extend_from_slice(content);
}

struct Field<'a> {
    number: u64,
    /// Its key and length too.
    whole: &'a [u8],
    /// Of a field with a length: texts, messages.
    content: Option<&'a [u8]>,
}

/// The fields of a message in their order; ends with a None where the bytes are no message.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Option<Field<'a>>;
    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let message = std::mem::take(&mut self.0);
        let field = field(message);
        if let Some(field) = &field {
            self.0 = &message[field.whole.len()..];
        }
        Some(field)
    }
}

fn field(message: &[u8]) -> Option<Field<'_>> {
    let mut rest = message;
    let key = number(&mut rest)?;
    let content = match key & 7 {
        0 => {
            number(&mut rest)?;
            None
        }
        1 => {
            rest = rest.get(8..)?;
            None
        }
        2 => {
            let length = usize::try_from(number(&mut rest)?).ok()?;
            let content = rest.get(..length)?;
            rest = &rest[length..];
            Some(content)
        }
        5 => {
            rest = rest.get(4..)?;
            None
        }
        _ => return None,
    };
    Some(Field { number: key >> 3, whole: &message[..message.len() - rest.len()], content })
}

/// Seven bits a byte, the lowest first.
fn number(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message(fields: &[(u64, Vec<u8>)]) -> Vec<u8> {
        let mut out = Vec::new();
        fields.iter().for_each(|(number, content)| put(&mut out, *number, content));
        out
    }

    fn value(name: &str, sizes: Option<&[u8]>) -> Vec<u8> {
        let shape = sizes.map(|sizes| (2, sizes.to_vec()));
        // The element type is a plain number, as in a real file.
        let tensor = [vec![1 << 3, 1], message(shape.as_slice())].concat();
        message(&[(VALUE_NAME, name.into()), (2, message(&[(1, tensor)]))])
    }

    #[test]
    fn sizes_weights_and_landmarks_go_and_the_rest_stays() {
        let weight = message(&[(TENSOR_NAME, b"w".to_vec()), (9, vec![7; 300])]);
        let model = |inputs: &[Vec<u8>], outputs: &[Vec<u8>]| {
            let mut fields = vec![(1, b"node".to_vec()), (GRAPH_INITIALIZER, weight.clone())];
            fields.extend(inputs.iter().map(|one| (GRAPH_INPUT, one.clone())));
            fields.extend(outputs.iter().map(|one| (GRAPH_OUTPUT, one.clone())));
            message(&[(2, b"exporter".to_vec()), (MODEL_GRAPH, message(&fields))])
        };
        let sizes = Some(&[10, 3, 32, 32][..]);
        let given = model(
            &[value("picture", sizes), value("w", sizes)],
            &["heat", "scale", "offset", "landmarks"].map(|name| value(name, sizes)),
        );
        let wanted = model(
            &[value("picture", None)],
            &["heat", "scale", "offset"].map(|name| value(name, None)),
        );
        assert_eq!(opened(&given), Some(wanted.clone()));
        assert_eq!(opened(&wanted), Some(wanted));
        assert_eq!(opened(&given[..given.len() - 1]), None, "cut short");
        assert_eq!(opened(b""), None);
        assert_eq!(opened(b"<!DOCTYPE html>"), None);
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            opened(&bytes);
        }
    }
}
