//! A command that the database refuses, or that meets a defect of ours, fails alone.

use handoff_domain::error::Error;
use handoff_store::batch::Limits;
use handoff_store::database::Options;
use sqlx::{Connection, PgConnection};

use crate::counters::{Answer, Command, World, envelope, with_request};

const COMMANDS: usize = 100;

/// Puts the commands into one batch. Gives their answers and the sizes of the transactions that they took.
async fn run(world: &mut World, commands: &[Command]) -> (Vec<Result<Answer, Error>>, Vec<usize>) {
    let first = world.occupy().await;
    let started: Vec<_> = (0..)
        .zip(commands)
        .map(|(id, command)| world.start_as(with_request(envelope(world.tenant), id, 0), *command))
        .collect();
    world.open_gate();
    first.await.unwrap();
    let mut answers = Vec::new();
    for answer in started {
        answers.push(answer.await);
    }
    let mut transactions = Vec::new();
    while let Ok(size) = world.gate.arrived.try_recv() {
        transactions.push(size);
    }
    (answers, transactions)
}

async fn check(bad: Command, places: &[usize]) {
    let mut world = World::gated(Limits::default(), Options::default()).await;
    let mut commands = vec![Command::Add("a", 1); COMMANDS];
    places.iter().for_each(|place| commands[*place] = bad);
    let (answers, transactions) = run(&mut world, &commands).await;

    let mut done = 0;
    for (place, answer) in answers.into_iter().enumerate() {
        if places.contains(&place) {
            assert_eq!(answer, Err(Error::Internal), "command {place}");
        } else {
            done += 1;
            let answer = answer.unwrap();
            assert_eq!((answer.value, answer.position), (done, done + 2), "command {place}, in its order");
        }
    }
    assert_eq!(transactions[0], COMMANDS, "all of it was tried at once");
    let most = 1 + 2 * 7 * places.len();
    assert!(transactions.len() <= most, "{} transactions for {places:?}", transactions.len());
    let again = world.request(places[0] as u128, 0, Command::Add("a", 1)).await.unwrap();
    assert_eq!(again.value, done + 1, "a failure is not kept: the same request may succeed");
}

#[tokio::test]
async fn what_the_database_refuses_is_one_command_alone() {
    for places in [&[0][..], &[99], &[50], &[3, 4, 77]] {
        check(Command::Poison("a"), places).await;
    }
}

#[tokio::test]
async fn what_cannot_be_read_concerns_one_command_alone() {
    check(Command::Unreadable("a"), &[42]).await;
}

#[tokio::test]
async fn a_panic_in_a_half_is_one_command_alone() {
    let mut world = World::gated(Limits::default(), Options::default()).await;
    let mut commands = vec![Command::Add("a", 1); 10];
    (commands[2], commands[6]) = (Command::Panic("a"), Command::Poison("a"));
    let (answers, _) = run(&mut world, &commands).await;
    let failed: Vec<usize> = (0..10).filter(|place| answers[*place] == Err(Error::Internal)).collect();
    assert_eq!(failed, [2, 6]);
    assert_eq!(world.submit(Command::Add("a", 0)).await.unwrap().value, 8);
}

#[tokio::test]
async fn where_everything_is_refused_a_batch_is_given_up() {
    let mut world = World::gated(Limits::default(), Options::default()).await;
    let mut owner = PgConnection::connect(&world.scratch.url()).await.unwrap();
    let first = world.start(Command::Add("a", 1));
    world.gate.arrived.recv().await;
    world.gate.open.add_permits(1);
    first.await.unwrap();
    let revoke = "revoke insert on qualification.event from handoff_qualification";
    let grant = "grant insert on qualification.event to handoff_qualification";

    let gathering = world.occupy().await;
    let started: Vec<_> = (0..COMMANDS).map(|_| world.start(Command::Add("a", 1))).collect();
    sqlx::raw_sql(revoke).execute(&mut owner).await.unwrap();
    world.open_gate();
    assert_eq!(gathering.await, Err(Error::Internal));
    for answer in started {
        assert_eq!(answer.await, Err(Error::Internal));
    }
    let mut transactions = 0;
    while world.gate.arrived.try_recv().is_ok() {
        transactions += 1;
    }
    assert_eq!(transactions, 32, "and not one for each of them");
    sqlx::raw_sql(grant).execute(&mut owner).await.unwrap();
    assert_eq!(world.submit(Command::Add("a", 1)).await.unwrap().value, 2, "nothing of it was durable");
}
