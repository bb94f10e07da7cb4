internal import CommandLineTool

/// The life of a job, what it costs, and what holds it up.
extension HelpTopic {
    static let states = HelpTopic(
        "states", "the life of a job, and how it leaves each state",
        .list([
            ("held", "set aside by a person or by a restore; release sends it on its way, cancel ends it"),
            (
                "queued",
                "not sent yet: it waits for its turn, its time, a limit, a pause or another job; see explain"
            ),
            ("submitting", "the intent to send is on disk, and the request is on the wire"),
            ("uncertain", "the request may have bought something, and nobody can know; use resolve"),
            ("in_queue", "RunComfy has it, and has not begun"),
            ("in_progress", "RunComfy works on it"),
            ("downloading", "finished at RunComfy; its files are being fetched"),
            ("completed", "over: every file is on disk, whole and hashed"),
            ("failed", "over: error_kind and error_message say why; retry tries again"),
            ("cancelled", "over: retry submits it again"),
        ]),
        .text(
            "A failed job has one of these kinds. If possible, what was paid for is not paid for again."),
        .list([
            ("input", "refused by the service or the schema, nothing was bought; retry submits it again"),
            ("remote", "it failed at RunComfy; retry submits it again, which is paid for again"),
            ("lost", "the service does not know the request; retry asks once more and buys nothing"),
            ("output", "finished without usable output; retry asks for the result again and buys nothing"),
            ("download", "a file could not be fetched; retry tries again and buys nothing"),
            ("deadline", "unfinished after its deadline; retry continues to follow it and buys nothing"),
        ]),
        .code(["jobctl explain 12", "jobctl list --state failed,uncertain", "jobctl retry 12 --dry-run"]))

    static let money = HelpTopic(
        "money", "what is bought when, and how spending is limited",
        .text(
            """
            A job is bought once, when RunComfy accepts its request. A restart buys nothing: a request that \
            was cut off makes the job uncertain instead of being sent again. retry says first whether it \
            buys, and asks for --yes if a filter chose the jobs.
            """),
        .text(
            """
            price_usd is estimated before a job is sent, from the model's price or models.MODEL.price_usd; \
            cost_usd is what RunComfy reported. A budget counts the reported cost if it is known, else the \
            estimate. A job that would exceed the budget waits, and smaller ones may go before it. A job of \
            unknown price waits only once the budget is spent. Days and months are those of UTC.
            """),
        .text(
            """
            An entry of budget.labels is one budget for all jobs of a label, or of all labels that begin so. \
            It holds back its own jobs alone. What was spent counts for the label that the job had when it \
            was sent. enqueue --max-usd limits one order.
            """),
        .code([
            "{\"budget\": {\"day_usd\": 5, \"labels\": {\"acme*\": {\"month_usd\": 50}}}}",
            "jobctl stats --label acme --month 2026-11 --csv",
            "jobctl list --sort -cost --limit 10 --columns id,cost,model",
        ]))

    static let pauses = HelpTopic(
        "pauses", "why nothing is submitted, and what ends that",
        .text("Jobs that were sent are followed and fetched during any pause."),
        .list([
            ("hand", "a person paused submissions; jobctl resume ends it"),
            ("token", "there is no token, or RunComfy refuses it; jobd tries again by itself"),
            ("balance", "the account's balance is too low; jobd tries again by itself"),
            ("outage", "the service does not answer; jobd tries again by itself"),
            (
                "budget",
                "the next job would exceed a budget; it waits for the next day or month (UTC), or until the "
                    + "budget is raised; a budget of budget.labels holds back its own jobs alone"
            ),
        ]),
        .text("jobctl resume ends all of them; jobd pauses again by itself if the reason still holds."))
}
