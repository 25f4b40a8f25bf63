//! What a zoo name may say, and what is answered where it says something else.

use std::collections::HashSet;

use tare_models::zoo::{self, Form, ZooError};

fn refusal(name: &str) -> String {
    zoo::find(name).expect_err("refused").to_string()
}

#[test]
fn every_listed_name_is_found_and_names_are_unique() {
    let names: HashSet<&str> = zoo::list().iter().map(|entry| entry.name).collect();
    assert_eq!(names.len(), zoo::list().len());
    for entry in zoo::list() {
        let architecture = zoo::find(entry.name).expect("listed");
        assert_eq!(architecture.name(), entry.name);
        assert_eq!(architecture.entry().name, entry.name);
    }
}

#[test]
fn an_unknown_name_gets_the_nearest_one_and_all_of_them() {
    let message = refusal("resnet50");
    assert!(message.starts_with(
        "no zoo model is named `resnet50` (did you mean `resnet-50`?); the zoo has mlp bert-tiny"
    ));
    assert!(!refusal("nothing-like-it-at-all").contains("did you mean"));
}

#[test]
fn options_that_cannot_be_read_are_quoted() {
    assert!(refusal("mlp:width").contains("`width` in the options of `mlp` has no `=`"));
    assert!(
        refusal("mlp:width=big").contains("`width=big` in the options of `mlp` is no whole number")
    );
    assert!(
        refusal("mlp:width=8,width=9").contains("`width=9` in the options of `mlp` is given twice")
    );
    assert!(refusal("mlp:width=8,").contains("`` in the options of `mlp` has no `=`"));
}

#[test]
fn an_option_of_another_family_is_refused_with_those_it_has() {
    assert_eq!(
        refusal("mlp:heads=2"),
        "`mlp` has no option `heads`, use width, depth"
    );
    assert!(
        refusal("bert-base:width=2").ends_with("use layers, hidden, heads, intermediate, vocab")
    );
}

#[test]
fn sizes_out_of_range_or_that_do_not_divide_are_refused() {
    assert_eq!(
        refusal("mlp:depth=0"),
        "`depth=0` of `mlp` is out of range, use a number from 1 to 1000"
    );
    assert!(
        refusal("bert-base:heads=5")
            .starts_with("`hidden=768` of `bert-base` is no multiple of heads (5)")
    );
    assert!(refusal("squeezebert:hidden=6,heads=3").contains("no multiple of groups (4)"));
    assert!(refusal("vit-b-32:hidden=10,heads=4").contains("no multiple of heads"));
}

#[test]
fn more_weights_than_one_file_holds_are_refused_before_anything_is_built() {
    let error = zoo::find("mlp:width=65536,depth=1000").expect_err("too large");
    assert!(
        matches!(error, ZooError::TooLarge { bytes, .. } if bytes == 4 * 1000 * (65_536 * 65_536 + 65_536))
    );
    assert!(error.to_string().contains("choose smaller options"));
}

#[test]
fn the_name_keeps_only_options_that_change_something_in_one_order() {
    let name = |text| zoo::find(text).expect("known").name();
    assert_eq!(name("mlp:width=512,depth=4"), "mlp");
    assert_eq!(name("mlp:depth=2,width=8"), "mlp:width=8,depth=2");
    assert_eq!(name("bert-base:intermediate=3072"), "bert-base");
}

#[test]
fn ids_differ_wherever_the_file_does_and_fit_a_file_name() {
    let mut ids = HashSet::new();
    for text in ["mlp", "mlp:width=8", "mlp:depth=8", "bert-base"] {
        let architecture = zoo::find(text).expect("known");
        for seed in [0, 1] {
            for form in [
                Form::Full,
                Form::Hollow { rung: 2 },
                Form::Hollow { rung: 16 },
            ] {
                let id = architecture.id(seed, form);
                assert!(
                    id.chars()
                        .all(|letter| letter.is_ascii_alphanumeric() || "-+=".contains(letter)),
                    "{id}"
                );
                assert!(ids.insert(id));
            }
        }
    }
    let architecture = zoo::find("mlp:width=8").expect("known");
    assert_eq!(
        architecture.id(7, Form::Full),
        format!("mlp+width=8+seed=7+full+zoo={}", zoo::VERSION)
    );
}

#[test]
fn symbols_carry_customary_sizes_and_hollow_ones_but_keep_the_batch() {
    let bert = zoo::find("bert-base").expect("listed");
    assert_eq!(bert.symbols(Form::Full), [("batch", 1), ("seq", 128)]);
    assert_eq!(bert.symbols(bert.twin()), [("batch", 1), ("seq", 2)]);
    let resnet = zoo::find("resnet-50").expect("listed");
    assert_eq!(resnet.twin(), Form::Hollow { rung: 16 });
    assert_eq!(
        resnet.symbols(resnet.twin()),
        [("batch", 1), ("height", 2), ("width", 2)]
    );
}

#[test]
fn an_architecture_tells_the_options_it_knows() {
    let options = zoo::find("bert-tiny:layers=3").expect("known").options();
    assert_eq!(
        options,
        [
            ("layers", 3),
            ("hidden", 128),
            ("heads", 2),
            ("intermediate", 512),
            ("vocab", 30_522)
        ]
    );
}
