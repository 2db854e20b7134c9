//! How trees are made up, and how they shrink: by proptest's own strategies, so that what fails comes out small.

use proptest::{collection::vec, prelude::*, sample::select};

use super::tree::{
    Accept, Before, Both, End, Form, Handler, Jump, Leave, Pure, Quiet, Recv, Send, Stmt, Talk,
};

/// Any right handler.
pub(crate) fn handler() -> impl Strategy<Value = Handler> {
    (vec(before(), 0..4), accept(), vec(statement(), 0..6), end())
        .prop_map(|(before, accept, middle, end)| Handler { documented: true, before, accept, middle, end })
}

fn before() -> impl Strategy<Value = Before> {
    prop_oneof![
        Just(Before::Look),
        Just(Before::StatusIf),
        Just(Before::RejectIf),
        Just(Before::Rename),
        Just(Before::Enter),
        pure().prop_map(Before::Pure),
    ]
}

fn accept() -> impl Strategy<Value = Accept> {
    select(vec![
        Accept::Plain,
        Accept::Header,
        Accept::Timeout,
        Accept::Builder,
        Accept::Match,
        Accept::LetElse,
        Accept::IfElse,
        Accept::Arms,
        Accept::Block,
        Accept::Split,
        Accept::Helper,
    ])
}

fn pure() -> impl Strategy<Value = Pure> {
    let leaf = prop_oneof![
        Just(Pure::Count),
        Just(Pure::Log),
        Just(Pure::Let),
        Just(Pure::Closure),
        Just(Pure::While),
        Just(Pure::Loop),
        Just(Pure::Sleep),
        Just(Pure::AsyncBlock),
        Just(Pure::Channel),
        Just(Pure::SpawnBlocking),
        Just(Pure::SpawnOther),
        Just(Pure::NestedFn),
        Just(Pure::Thread),
        Just(Pure::LetElse),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        let some = vec(inner, 0..3);
        prop_oneof![
            (some.clone(), some.clone()).prop_map(|(then, other)| Pure::If(then, other)),
            (some.clone(), some.clone()).prop_map(|(some, other)| Pure::Match(some, other)),
            some.clone().prop_map(Pure::For),
            some.prop_map(Pure::Block),
        ]
    })
}

fn send() -> impl Strategy<Value = Send> {
    select(vec![
        Send::Question,
        Send::Kept,
        Send::Timeout,
        Send::MapErr,
        Send::IsErr,
        Send::IfLet,
        Send::Match,
        Send::LetElse,
        Send::TryJoin,
        Send::Block,
        Send::Chosen,
        Send::Feed,
        Send::Instrument,
        Send::BoxPin,
        Send::Join,
        Send::JoinInFor,
        Send::Macro,
    ])
}

fn recv() -> impl Strategy<Value = Recv> {
    select(vec![
        Recv::LetElse,
        Recv::Match,
        Recv::Kept,
        Recv::Timeout,
        Recv::OkOr,
        Recv::IsNone,
        Recv::Flatten,
    ])
}

fn statement() -> BoxedStrategy<Stmt> {
    let leaf = prop_oneof![
        3 => send().prop_map(Stmt::Send),
        2 => pure().prop_map(Stmt::Pure),
        1 => Just(Stmt::Echo),
        1 => recv().prop_map(Stmt::Recv),
        1 => select(vec![Leave::Error, Leave::Close, Leave::ErrorQuestion]).prop_map(Stmt::LeaveIf),
        2 => select(vec![Jump::Break, Jump::Continue, Jump::BreakOuter, Jump::ContinueOuter]).prop_map(Stmt::Jump),
        1 => select(vec![Quiet::Let, Quiet::Ok, Quiet::Assign]).prop_map(Stmt::Quiet),
        1 => Just(Stmt::Call),
        1 => vec(pure(), 0..2).prop_map(Stmt::Shadow),
        1 => send().prop_map(Stmt::Reborrow),
        1 => Just(Stmt::Rename),
        1 => Just(Stmt::Split),
        1 => both().prop_map(Stmt::Both),
        1 => Just(Stmt::Task),
        1 => Just(Stmt::ChannelTask),
        1 => any::<bool>().prop_map(Stmt::Progress),
        1 => Just(Stmt::LastWords),
    ];
    let all = leaf.prop_recursive(4, 24, 4, |inner| {
        let some = vec(inner, 0..4);
        prop_oneof![
            2 => (some.clone(), some.clone()).prop_map(|(then, other)| Stmt::If(then, other)),
            1 => (some.clone(), some.clone()).prop_map(|(some, other)| Stmt::Match(some, other)),
            1 => some.clone().prop_map(Stmt::For),
            1 => (some.clone(), some.clone()).prop_map(|(first, second)| Stmt::Labelled(first, second)),
            3 => talk_of(some).prop_map(Stmt::Talk),
        ]
    });
    all.boxed()
}

fn both() -> impl Strategy<Value = Both> {
    select(vec![Both::Select, Both::TryJoin])
}

fn talk_of(body: impl Strategy<Value = Vec<Stmt>> + Clone) -> impl Strategy<Value = Talk> {
    let form = select(vec![
        Form::WhileSome,
        Form::Match,
        Form::LetElse,
        Form::IfLet,
        Form::OkSome,
        Form::Lenient,
        Form::Done,
        Form::IsNone,
        Form::Ahead,
        Form::Timeout,
        Form::SelectTick,
        Form::SelectEvents,
        Form::SelectElse,
        Form::SelectCondition,
    ]);
    (form, any::<bool>(), any::<bool>(), body.clone(), body)
        .prop_map(|(form, returns, labelled, body, other)| Talk { form, returns, labelled, body, other })
}

fn end() -> impl Strategy<Value = End> {
    let body = vec(statement(), 0..4);
    prop_oneof![
        3 => talk_of(body.clone()).prop_map(End::Talk),
        2 => talk_of(body.clone()).prop_map(End::TalkClose),
        1 => body.prop_map(End::Endless),
        1 => Just(End::Close),
        1 => Just(End::Error),
        1 => Just(End::HandOver),
        1 => both().prop_map(End::Both),
        1 => Just(End::Channel),
    ]
}
