//! How fast texts are counted, beside the crate `tiktoken`. `bench/tokens.mjs` measures `ai-tokenizer` with the same texts.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use moss_tokens::{Encoding, IncrementalCounter};

/// About a hundred thousand bytes of each kind.
const SIZE: usize = 100_000;

const KINDS: &[(&str, &str)] = &[
    (
        "english",
        "Mosses have no roots; they drink with their leaves, and they're older than any tree. Where it's damp, they grow. ",
    ),
    (
        "code",
        "fn grow(&mut self, rain: Option<u32>) -> Result<usize, Error> {\n    let height = self.height + rain.unwrap_or(0) as usize * 2;\n    Ok(height)\n}\n",
    ),
    ("chinese", "苔藓没有根，靠叶子喝水。它们比任何树都古老，下雨的时候特别绿！"),
    ("russian", "Мох растёт на камнях и не торопится: ему хватает тумана и дождя. "),
    ("one_letter", "a"),
];

fn texts() -> impl Iterator<Item = (&'static str, String)> {
    KINDS.iter().map(|(kind, text)| (*kind, text.repeat(SIZE / text.len())))
}

fn count(criterion: &mut Criterion) {
    for (kind, text) in texts() {
        let mut group = criterion.benchmark_group(format!("count/{kind}"));
        group.throughput(Throughput::Bytes(text.len() as u64));
        for encoding in Encoding::ALL {
            group.bench_function(BenchmarkId::new("moss", encoding.as_str()), |bench| {
                bench.iter(|| encoding.count(black_box(&text)));
            });
            if let Some(other) = tiktoken::get_encoding(encoding.as_str()) {
                group.bench_function(BenchmarkId::new("tiktoken", encoding.as_str()), |bench| {
                    bench.iter(|| other.count(black_box(&text)));
                });
            }
        }
        group.finish();
    }
}

/// A text that comes four bytes or so at a time, counted after each.
fn incremental(criterion: &mut Criterion) {
    for (kind, text) in texts() {
        let chars: Vec<char> = text.chars().take(SIZE / 4).collect();
        let pieces: Vec<String> = chars.chunks(4).map(|piece| piece.iter().collect()).collect();
        let mut group = criterion.benchmark_group(format!("incremental/{kind}"));
        group.throughput(Throughput::Elements(pieces.len() as u64));
        group.sample_size(10);
        group.bench_function("o200k_base", |bench| {
            bench.iter(|| {
                let mut counter = IncrementalCounter::new(Encoding::O200k);
                pieces
                    .iter()
                    .map(|piece| {
                        counter.push(piece);
                        counter.count()
                    })
                    .sum::<usize>()
            });
        });
        group.finish();
    }
}

criterion_group!(benches, count, incremental);
criterion_main!(benches);
