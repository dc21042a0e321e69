use std::vec::Vec;

use super::*;
use crate::jpeg::Checker;

fn means(jpeg: &[u8]) -> BlockMeans {
    let mut checker = Checker::new().with_means();
    checker.check(jpeg);
    checker.means().unwrap().clone()
}

/// The means of one component, from 0 to 255, in the order of the scan.
fn component(means: &BlockMeans, component: u8) -> Vec<i32> {
    let of_scan = |scan: ScanMeans<'_>| -> Vec<i32> {
        let mcus = scan.levels().chunks_exact(scan.blocks().len());
        let blocks = mcus.flat_map(|mcu| mcu.iter().zip(scan.blocks()));
        let mine = blocks.filter(|(_, block)| block.component == component);
        mine.map(|(&level, block)| 128 + i32::from(level) * i32::from(block.scale) / 8).collect()
    };
    means.scans().flat_map(of_scan).collect()
}

#[test]
fn a_progressive_picture_has_the_means_of_the_sequential_one() {
    // The same picture in a different order: the lowest bit of the coefficients comes in a later scan.
    let sequential = means(include_bytes!("../../../../fixtures/jpeg/420.jpg"));
    let progressive = means(include_bytes!("../../../../fixtures/jpeg/progressive.jpg"));
    for n in 0..3 {
        let (one, other) = (component(&sequential, n), component(&progressive, n));
        assert_eq!(one.len(), other.len());
        let scale = i32::from(progressive.scans().next().unwrap().blocks()[0].scale);
        assert!(one.iter().zip(&other).all(|(a, b)| (a - b).abs() <= scale.max(8)), "{n}");
    }
    // Without the blocks that only fill up MCUs: T.81 A.2.2.
    assert_eq!(progressive.details().len(), 460);
}

#[test]
fn all_blocks_have_a_mean_that_a_sample_can_have() {
    let table: [(&[u8], usize, usize); 4] = [
        (include_bytes!("../../../../fixtures/jpeg/grey.jpg"), 1, 1),
        (include_bytes!("../../../../fixtures/jpeg/422-restart.jpg"), 1, 4),
        (include_bytes!("../../../../fixtures/jpeg/planes.jpg"), 3, 1),
        (include_bytes!("../../../../fixtures/jpeg/progressive-restart.jpg"), 1, 0),
    ];
    for (jpeg, scans, blocks) in table {
        let means = means(jpeg);
        assert_eq!(means.scans().len(), scans);
        for scan in means.scans() {
            assert!(blocks == 0 || scan.blocks().len() == blocks);
            assert_eq!(scan.mcus().map(<[i16]>::len).sum::<usize>(), scan.levels().len());
        }
        let all: Vec<i32> = (0..3).flat_map(|n| component(&means, n)).collect();
        assert!(all.len() > 1 && all.iter().all(|mean| (-8..264).contains(mean)), "{all:?}");
        assert!(means.entropy_coded_bytes() > 0 && means.entropy_coded_bytes() < jpeg.len());
    }
}

#[test]
fn a_picture_that_is_damaged_or_too_large_has_no_means() {
    let jpeg = include_bytes!("../../../../fixtures/jpeg/420.jpg");
    let mut checker = Checker::new().with_means();
    checker.check(&jpeg[..jpeg.len() / 2]);
    assert!(checker.means().is_none());
    let mut large = BlockMeans::default();
    large.start([MeanBlock::default(); 6].into_iter(), 8192, 8192 * 8192, usize::MAX);
    assert!(!large.is_started() && large.levels.is_empty());
    large.start([MeanBlock::default(); 6].into_iter(), 8192, 8192 * 8192, 1000);
    assert!(large.is_started() && (6000..6100).contains(&large.blocks()), "{}", large.blocks());
    assert!(Checker::new().means().is_none());
}

#[test]
fn a_sample_has_the_means_and_details_of_its_mcus() {
    // Restart intervals begin between the MCUs that are kept.
    let pictures: [&[u8]; 5] = [
        include_bytes!("../../../../fixtures/jpeg/420.jpg"),
        include_bytes!("../../../../fixtures/jpeg/422-restart.jpg"),
        include_bytes!("../../../../fixtures/jpeg/grey.jpg"),
        include_bytes!("../../../../fixtures/jpeg/planes.jpg"),
        include_bytes!("../../../../fixtures/jpeg/progressive-restart.jpg"),
    ];
    for jpeg in pictures {
        let all = means(jpeg);
        for sample in [1, 7, 20, 50, usize::MAX] {
            let mut checker = Checker::new().with_sampled_means(sample);
            // The memory of a larger picture is used again.
            checker.check(pictures[0]);
            checker.check(jpeg);
            let sampled = checker.means().unwrap();
            assert_eq!(sampled.all_blocks(), all.blocks());
            for (sampled, all) in sampled.scans().zip(all.scans()) {
                let kept = all.mcus().step_by(sampled.scan.step);
                assert!(sampled.mcus().eq(kept), "{sample}");
                assert!(sampled.mcus().len() >= sample.min(all.mcus().len()), "{sample}");
            }
            // Those of several scans come one after the other, each with a step of its own.
            if all.scans().len() == 1 {
                let details = all.details().iter().step_by(sampled.scans[0].step);
                assert!(sampled.details().iter().eq(details), "{sample}");
            }
        }
    }
}

#[test]
fn a_step_has_no_divisor_in_common_with_the_width() {
    for (mcus, wide, sample, expected) in [
        (8160, 120, 1024, 7),
        (8160, 120, 1536, 1),
        (1200, 40, 1024, 1),
        (32400, 240, 1024, 31),
        (0, 0, 5, 1),
    ] {
        assert_eq!(step(mcus, wide, sample), expected, "{mcus} {wide} {sample}");
    }
    for (a, b, expected) in [(3, 120, 3), (7, 120, 1), (1, 40, 1), (4, 10, 2), (5, 0, 5), (1, 0, 1)] {
        assert_eq!(greatest_common_divisor(a, b), expected, "{a} {b}");
    }
}

#[test]
fn a_copy_has_as_much_memory_as_its_picture_needs() {
    let large = means(include_bytes!("../../../../fixtures/jpeg/420.jpg"));
    let mut checker = Checker::new().with_means();
    checker.check(include_bytes!("../../../../fixtures/jpeg/420.jpg"));
    checker.check(include_bytes!("../../../../fixtures/jpeg/grey.jpg"));
    let small = checker.means().unwrap();
    let mut copy = BlockMeans::default();
    for original in [small, &large, small] {
        copy.assign(original);
        assert!(copy == *original && copy.is_like(original));
        assert_eq!((copy.levels.capacity(), copy.details.capacity()), original.used);
    }
    assert!(small.levels.capacity() > copy.levels.capacity());
}
