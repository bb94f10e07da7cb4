internal import CommandLineTool

/// The life of a job, what it costs, and what stands in its way.
extension HelpTopic {
    static let states = HelpTopic(
        "states", "the life of a job, and how it leaves each state",
        .list([
            ("held", "set aside by a person; release sends it on its way, cancel ends it"),
            (
                "queued",
                "here, not sent yet: it waits for its turn, its time, a limit or a pause; explain says which"
            ),
            ("submitting", "the intent to send is on disk, and the request is on the wire"),
            (
                "uncertain",
                "the request may have bought something, and nobody can know; resolve says what became of it"
            ),
            ("in_queue", "RunComfy has it, and has not begun"),
            ("in_progress", "RunComfy works on it"),
            ("downloading", "finished over there; its files are being fetched"),
            ("completed", "over: every file is on disk, whole and hashed"),
            ("failed", "over: error_kind and error_message say why; retry tries again"),
            ("cancelled", "over: retry submits it anew"),
        ]),
        .text(
            "A failed job has one of these kinds. What was paid for is not paid for again where that can be helped."
        ),
        .list([
            ("input", "refused by the service or the schema, nothing was bought; retry submits anew"),
            ("remote", "it failed over there; retry submits anew, which is paid for again"),
            (
                "lost",
                "the service itself says that it does not know the request; retry asks once more and buys nothing"
            ),
            ("output", "finished without usable output; retry asks for the result again and buys nothing"),
            ("download", "a file could not be had; retry fetches again and buys nothing"),
            ("deadline", "unfinished after its deadline; retry goes on looking and buys nothing"),
        ]),
        .code(["jobctl explain 12", "jobctl list --state failed,uncertain", "jobctl retry 12 --dry-run"]))

    static let money = HelpTopic(
        "money", "what is bought when, and how spending is bounded",
        .text(
            "A job is bought when RunComfy takes its request, once. A restart buys nothing; a request that was cut off makes "
                + "the job uncertain instead of being sent again. retry says first whether it buys, and asks for --yes where "
                + "a filter chose the jobs."),
        .text(
            "price_usd is estimated before a job is sent, from the model's price or models.MODEL.price_usd; cost_usd is what "
                + "RunComfy reported. A budget counts the reported cost where it is known, else the estimate. A job that would "
                + "pass the budget waits, and smaller ones may go before it. A job of unknown price waits only once the budget is spent."
        ),
        .code([
            "{\"budget\": {\"day_usd\": 5, \"total_usd\": 100}}",
            "jobctl list --sort -cost --limit 10 --columns id,cost,model",
        ]))

    static let pauses = HelpTopic(
        "pauses", "why submissions stand still, and what ends that",
        .text("What was sent already is followed and fetched during any pause."),
        .list([
            ("hand", "a person paused them; jobctl resume ends it"),
            (
                "token",
                "there is no token, or RunComfy refuses it; jobd tries one job now and then, and goes on by itself"
            ),
            ("balance", "the account's balance is too low; the same"),
            ("outage", "the service does not answer; the same"),
            (
                "budget",
                "the next job would pass budget.day_usd or budget.total_usd; it waits for the next day (UTC), or a raise"
            ),
        ]),
        .text("jobctl resume ends all of them; jobd pauses again by itself where the reason still stands."))
}
