//! Random calls of many tenants at once over the same few ids. Every body says whose it is, so that a stray row gives itself away.

mod login;
mod notification;
mod session;
mod tenant;
mod webhook;

use std::cell::Cell;

use proptest::{
    collection::vec,
    prelude::{Just, Strategy, any},
    prop_oneof,
    test_runner::{Config, TestRunner},
};
use tokio::{
    runtime::Handle,
    task::{JoinSet, block_in_place},
};

use self::{session::Of, tenant::Tenant};
use crate::store_suite::StoreFixture;

/// Together at least 10,000 calls.
const CASES: u32 = 9;
const TENANTS: usize = 20;
const CALLS_PER_TENANT: usize = 60;
/// Few, so that the tenants' names for things coincide all the time.
const NUMBERS: u8 = 6;

#[derive(Clone, Copy, Debug)]
enum Call {
    Insert,
    Replace,
    Claim { identity: u8 },
    Find,
    List { reference: bool },
    Lease,
    ReplaceSession { ends: bool },
    ListSessions { of: Of },
    MakeDeliveries,
    ListDeliveries,
    ReplaceSecret { seen: bool },
    Accept { key: u8 },
    ReplaceNotification,
    LeaseNotifications,
    ListNotifications { of: Of },
    NoteDelivered,
    InsertEndpoint,
    RemoveEndpoint,
    Reads,
}

/// What each tenant does.
fn calls() -> impl Strategy<Value = Vec<Vec<(u8, Call)>>> {
    let of = prop_oneof![Just(Of::Tenant), Just(Of::Subject), Just(Of::Connection)];
    let call = prop_oneof![
        3 => Just(Call::Insert),
        2 => Just(Call::Replace),
        2 => (0..NUMBERS).prop_map(|identity| Call::Claim { identity }),
        1 => Just(Call::Find),
        1 => any::<bool>().prop_map(|reference| Call::List { reference }),
        1 => Just(Call::Lease),
        2 => any::<bool>().prop_map(|ends| Call::ReplaceSession { ends }),
        1 => of.clone().prop_map(|of| Call::ListSessions { of }),
        1 => Just(Call::MakeDeliveries),
        1 => Just(Call::ListDeliveries),
        1 => any::<bool>().prop_map(|seen| Call::ReplaceSecret { seen }),
        2 => (0..NUMBERS).prop_map(|key| Call::Accept { key }),
        1 => Just(Call::ReplaceNotification),
        1 => Just(Call::LeaseNotifications),
        1 => of.prop_map(|of| Call::ListNotifications { of }),
        1 => Just(Call::NoteDelivered),
        1 => Just(Call::InsertEndpoint),
        1 => Just(Call::RemoveEndpoint),
        1 => Just(Call::Reads),
    ];
    vec(vec((0..NUMBERS, call), CALLS_PER_TENANT), TENANTS)
}

/// No call of one tenant finds, changes or is hindered by a row of another.
pub async fn random_calls_of_many_tenants_never_cross(fixture: impl StoreFixture) {
    let (store, now) = (fixture.store(), fixture.now());
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    let cases = Cell::new(0_u32);
    let outcome = block_in_place(|| {
        runner.run(&calls(), |calls| {
            // Every case has tenants of its own, in the store that the others have filled.
            let case = cases.replace(cases.get() + 1);
            let mut tenants = JoinSet::new();
            for (tenant, calls) in calls.into_iter().enumerate() {
                let mut tenant = Tenant::new(&format!("t{case}-{tenant}"), now, &store);
                tenants.spawn_on(
                    async move {
                        for (number, call) in calls {
                            tenant.run(number, call).await;
                        }
                    },
                    &Handle::current(),
                );
            }
            Handle::current().block_on(tenants.join_all());
            Ok(())
        })
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}
