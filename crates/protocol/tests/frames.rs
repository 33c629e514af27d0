//! Plays `schema/vectors/frames`: bytes in, frames or an error out, however the bytes are cut.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::path::Path;

use crossplug_protocol::frame::{
    DEFAULT_FRAME_BYTES, FrameError, FrameReader, FrameWriter, Framing,
};
use serde_json::Value;

/// Feeds chunks of the given sizes, the last size again and again; gives the frames and the error that ended them.
fn read(
    bytes: &[u8],
    sizes: &[usize],
    framing: Framing,
    limit: usize,
) -> (Vec<Vec<u8>>, Option<FrameError>) {
    let mut reader = FrameReader::new(limit);
    let (mut frames, mut rest, mut sizes) = (Vec::new(), bytes, sizes.iter().copied().cycle_last());
    loop {
        loop {
            match reader.next_frame(framing) {
                Ok(Some(frame)) => frames.push(frame.to_vec()),
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
        if rest.is_empty() {
            return (frames, reader.finish().err());
        }
        // Half of the reads go through the buffer that the reader lends, as a host's do.
        let size = sizes.next().unwrap().min(rest.len());
        let (chunk, later) = rest.split_at(size);
        if size % 2 == 0 {
            reader.push(chunk);
        } else {
            let mut chunk = chunk;
            while !chunk.is_empty() {
                let space = reader.space();
                let fits = space.len().min(chunk.len());
                space[..fits].copy_from_slice(&chunk[..fits]);
                reader.filled(fits);
                chunk = &chunk[fits..];
            }
        }
        rest = later;
    }
}

trait CycleLast: Iterator<Item = usize> + Sized {
    fn cycle_last(mut self) -> impl Iterator<Item = usize> {
        let mut last = 1;
        std::iter::from_fn(move || {
            last = self.next().unwrap_or(last);
            Some(last)
        })
    }
}

impl<I: Iterator<Item = usize>> CycleLast for I {}

fn bytes_of(case: &Value) -> Vec<u8> {
    let once = match (case["text"].as_str(), case["hex"].as_str()) {
        (Some(text), None) => text.as_bytes().to_vec(),
        (None, Some(hex)) => {
            let digits: Vec<u32> = hex.chars().map(|c| c.to_digit(16).unwrap()).collect();
            digits
                .chunks(2)
                .map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap())
                .collect()
        }
        _ => panic!("a case has `text` or `hex`"),
    };
    once.repeat(case["repeat"].as_u64().unwrap_or(1).try_into().unwrap())
}

#[test]
fn every_case_gives_its_frames_however_the_bytes_are_cut() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/vectors/frames");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let case: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let bytes = bytes_of(&case);
        let framing = Framing::from_name(case["framing"].as_str().unwrap()).unwrap();
        let limit = case["limits"]["frameBytes"]
            .as_u64()
            .map_or(DEFAULT_FRAME_BYTES, |n| n.try_into().unwrap());
        let expected: Vec<&str> = case["frames"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| f.as_str().unwrap())
            .collect();
        let cuts: Vec<Vec<usize>> = match case["chunks"].as_array() {
            Some(sizes) => vec![
                sizes
                    .iter()
                    .map(|n| n.as_u64().unwrap().try_into().unwrap())
                    .collect(),
            ],
            None => vec![vec![bytes.len().max(1)], vec![1]],
        };
        for sizes in cuts {
            let (frames, error) = read(&bytes, &sizes, framing, limit);
            let frames: Vec<&str> = frames
                .iter()
                .map(|frame| std::str::from_utf8(frame).unwrap())
                .collect();
            assert_eq!(frames, expected, "{path:?} in chunks of {sizes:?}");
            assert_eq!(
                error.map(|e| e.name()),
                case["error"].as_str(),
                "{path:?} in chunks of {sizes:?}"
            );
        }
        count += 1;
    }
    println!("vectors frames rust {count}");
    assert!(count >= 20);
}

#[test]
fn a_stream_may_be_cut_anywhere() {
    let lines = "{\"a\":\"é\"}\n\n[1,2]\r\n{}\n".as_bytes();
    let counted = [
        &[0, 0, 0, 2][..],
        b"{}",
        &[0, 0, 0, 0],
        &[0, 0, 0, 3],
        b"\n\n\n",
    ]
    .concat();
    for (bytes, framing) in [(lines, Framing::Ndjson), (&counted, Framing::Length)] {
        let whole = read(bytes, &[bytes.len()], framing, 100);
        assert_eq!((whole.0.len(), whole.1), (3, None));
        for first in 1..bytes.len() {
            for second in 1..=bytes.len() {
                assert_eq!(
                    read(bytes, &[first, second], framing, 100),
                    whole,
                    "{first}, then {second}"
                );
            }
        }
    }
}

#[test]
fn framing_changes_between_two_frames_that_came_in_one_read() {
    let mut reader = FrameReader::new(100);
    reader.push(b"{\"chosen\":\"length\"}\n\0\0\0\x04{\n\n}\0\0\0\x02[]");
    assert_eq!(
        reader.next_frame(Framing::Ndjson).unwrap().unwrap(),
        b"{\"chosen\":\"length\"}"
    );
    assert_eq!(
        reader.next_frame(Framing::Length).unwrap().unwrap(),
        b"{\n\n}"
    );
    assert_eq!(reader.next_frame(Framing::Length).unwrap().unwrap(), b"[]");
    // A search for a line feed that found none must not be remembered for the other framing.
    let mut reader = FrameReader::new(100);
    reader.push(b"\0\0\0\x03abc");
    assert_eq!(reader.next_frame(Framing::Ndjson).unwrap(), None);
    assert_eq!(reader.next_frame(Framing::Length).unwrap().unwrap(), b"abc");
    reader.push(b"x\n");
    assert_eq!(reader.next_frame(Framing::Ndjson).unwrap().unwrap(), b"x");
}

#[test]
fn an_announced_length_costs_no_memory() {
    let mut reader = FrameReader::new(DEFAULT_FRAME_BYTES);
    reader.push(&u32::to_be_bytes(60 << 20));
    reader.push(b"a little of it");
    assert_eq!(reader.next_frame(Framing::Length).unwrap(), None);
    assert!(reader.memory() < 1 << 20, "{} bytes", reader.memory());
}

#[test]
fn memory_of_a_huge_frame_is_given_back() {
    let mut reader = FrameReader::new(DEFAULT_FRAME_BYTES);
    let huge = vec![b'a'; 8 << 20];
    for piece in huge.chunks(1 << 16) {
        reader.push(piece);
        assert_eq!(reader.next_frame(Framing::Ndjson).unwrap(), None);
    }
    reader.push(b"\n");
    assert_eq!(
        reader.next_frame(Framing::Ndjson).unwrap().unwrap().len(),
        huge.len()
    );
    assert!(reader.memory() >= huge.len());
    reader.push(b"{}\n");
    assert_eq!(reader.next_frame(Framing::Ndjson).unwrap().unwrap(), b"{}");
    assert!(reader.memory() <= 1 << 20, "{} bytes", reader.memory());
}

#[test]
fn an_error_stays() {
    let mut reader = FrameReader::new(3);
    reader.push(b"[1,2]\n{}\n");
    let error = Err(FrameError::TooLong { size: 5, limit: 3 });
    assert_eq!(reader.next_frame(Framing::Ndjson), error);
    reader.push(b"{}\n");
    assert_eq!(reader.next_frame(Framing::Ndjson), error);
    assert_eq!(reader.finish(), error.map(drop));
}

#[test]
fn the_writer_leaves_no_trace_of_what_does_not_fit() {
    let mut out = FrameWriter::new();
    for framing in [Framing::Ndjson, Framing::Length] {
        let mut frame = out.begin(framing);
        frame.extend_from_slice(b"too long");
        assert_eq!(
            frame.finish(7),
            Err(FrameError::TooLong { size: 8, limit: 7 })
        );
        let mut dropped = out.begin(framing);
        dropped.extend_from_slice(b"unfinished");
    }
    assert!(out.is_empty());
    let mut frame = out.begin(Framing::Ndjson);
    frame.extend_from_slice(b"{\n  \"a\": 1\r\n}");
    assert_eq!(frame.finish(100), Ok(13));
    assert_eq!(out.as_bytes(), b"{   \"a\": 1\r }\n");
}

#[test]
fn the_writer_keeps_count_of_what_went_out() {
    let mut out = FrameWriter::new();
    for _ in 0..2 {
        let mut frame = out.begin(Framing::Length);
        frame.extend_from_slice(b"{}");
        frame.finish(10).unwrap();
    }
    assert_eq!((out.len(), out.frames()), (12, 2));
    out.consume(5);
    assert_eq!(out.as_bytes(), b"}\0\0\0\x02{}");
    let mut frame = out.begin(Framing::Ndjson);
    frame.extend_from_slice(b"[]");
    frame.finish(10).unwrap();
    assert_eq!(out.take(), b"}\0\0\0\x02{}[]\n");
    assert!(out.is_empty());
    let mut frame = out.begin(Framing::Ndjson);
    frame.resize(8 << 20, b' ');
    frame.finish(9 << 20).unwrap();
    out.consume(usize::MAX);
    assert!(out.is_empty() && out.take().capacity() <= 1 << 20);
}
