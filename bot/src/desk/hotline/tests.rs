//! What is stored is what is known: whatever happens at the desk, the rows give the same queue again.

use std::sync::LazyLock;

use faq::Faq;
use knowledge::Knowledge;
use rand::rngs::StdRng;
use rand::seq::IteratorRandom;
use rand::{Rng, SeedableRng};
use tempfile::TempDir;

use super::*;
use crate::desk::queue::Resolution;
use crate::store::{HandoffReason, NewConversation, StoreEffect};

static KNOWLEDGE: LazyLock<Arc<Knowledge>> =
    LazyLock::new(|| Arc::new(Knowledge::build(Arc::new(Faq::embedded().expect("the FAQ parses"))).expect("the index is built")));

const OPERATORS: u128 = 4;
const ACTS: usize = 400;

/// A desk on a database of its own, without anything that runs beside it.
struct Day {
    hotline: Arc<Hotline>,
    rng: StdRng,
    _folder: TempDir,
}

impl Day {
    async fn new(seed: u64) -> Day {
        let folder = TempDir::new().expect("a folder");
        let store = Store::open(&format!("sqlite://{}", folder.path().join("hotro.db").display())).await.expect("the store opens");
        for number in 0..OPERATORS {
            let audit = NewAudit { actor: "test".to_owned(), action: "invited", subject: None, at_ms: 0, detail: "{}".to_owned() };
            let new = crate::store::NewOperator {
                operator_id: Uuid::from_u128(number),
                name: format!("ca-{number}"),
                display_name: format!("Ca {number}"),
                role: "operator",
            };
            let invitation = crate::store::NewInvitation { token_hash: [number as u8; 32], created_ms: 0, expires_ms: 1 };
            store.add_operator(&new, &invitation, &audit).await.expect("added");
        }
        let conversations = Conversations::new(store, Arc::clone(&KNOWLEDGE));
        let key = Key::from_hex(&"5eed".repeat(16)).expect("a key");
        let attachments = Attachments::load(conversations.store().clone(), &key).await.expect("their key");
        let hotline = Hotline::open(conversations, key, Rules::default(), Settings::default(), attachments).await.expect("the queue opens");
        Day { hotline, rng: StdRng::seed_from_u64(seed), _folder: folder }
    }

    async fn enters(&self) {
        let append = Append {
            conversation_id: Uuid::now_v7(),
            create: Some(NewConversation { channel: "telegram", token_hash: None }),
            expected_seq: 0,
            at_ms: now_ms(),
            events: vec![NewEvent { kind: "said", body: "{}".to_owned() }],
            input_id: None,
            effects: vec![StoreEffect::QueueHandoff { reason: HandoffReason("asked") }],
            snapshot: None,
        };
        self.hotline.store().append(append).await.expect("appended");
        self.hotline.tend(false).await.expect("tended");
    }

    fn operator(&mut self) -> OperatorId {
        OperatorId(Uuid::from_u128(self.rng.random_range(0..OPERATORS)))
    }

    /// Somebody does something, sensible or not.
    async fn act(&mut self) {
        let operator = self.operator();
        let open: Vec<Handoff> = self.hotline.with(|held| held.queue.handoffs().cloned().collect()).await.expect("the queue");
        let any = open.iter().choose(&mut self.rng).cloned();
        let id = any.as_ref().map_or(HandoffId(Uuid::nil()), |handoff| handoff.id);
        let by = match any.as_ref().and_then(|handoff| Some((handoff.stage.holder()?, handoff.fence))) {
            Some((operator, fence)) => Authority::Holder(Hold { operator, fence }),
            None => Authority::Supervisor,
        };
        let skill = Skill::parse("bhyt").expect("a skill");
        let event = match self.rng.random_range(0..20) {
            0..=4 => return self.enters().await,
            5..=7 => {
                let seated = Seated { id: operator, name: "Ca".to_owned(), skills: Skills::all(), capacity: 4 };
                let accepting = *[None, Some(true), Some(true), Some(false)].iter().choose(&mut self.rng).expect("one of them");
                self.hotline.present(&seated, accepting).await.expect("present").expect("there is room");
                return;
            }
            8 => QueueEvent::SignedOut { operator },
            9 => QueueEvent::Left { handoff: id },
            10 => QueueEvent::Transfer { handoff: id, by, to: Target::Operator(operator) },
            11 => QueueEvent::Transfer { handoff: id, by, to: Target::Skill(skill) },
            12 => QueueEvent::Return { handoff: id, by },
            13 => QueueEvent::Resolve { handoff: id, by, reason: Resolution::Answered },
            14 => QueueEvent::CallbackAsked { handoff: id },
            _ => QueueEvent::Claim { handoff: id, operator: any.and_then(|handoff| handoff.stage.holder()).unwrap_or(operator) },
        };
        self.hotline.act(Act { events: vec![event], ..Act::default() }).await.expect("decided").outcome.ok();
    }
}

#[tokio::test]
async fn the_rows_give_the_same_queue_again() {
    for seed in 0..3 {
        let mut day = Day::new(seed).await;
        for number in 0..ACTS {
            day.act().await;
            if number % 10 == 0 {
                let known = day.hotline.with(|held| (held.version, held.queue.clone())).await.expect("the queue");
                let read = day.hotline.load().await.expect("the rows");
                assert_eq!((read.version, read.queue), known, "seed {seed}, act {number}");
            }
        }
        let (served, open) =
            day.hotline.with(|held| (held.queue.served().count(), held.queue.handoffs().count())).await.expect("the queue");
        assert!(served > 0 && open > 0, "a day on which nothing happens proves nothing: {served} served, {open} open");
    }
}
