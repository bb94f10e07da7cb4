/// What other programs call the verbs of `jobctl`.
enum OtherWords {
    private static let verbs: [(words: [String], hint: String)] = [
        (["add", "submit", "new", "create", "order", "run", "send", "generate"], "jobctl enqueue"),
        (["ls", "ps", "jobs", "queue", "dir"], "jobctl list"),
        (["status", "info"], "jobctl alone shows a status; jobctl show ID shows one job"),
        (["cat", "view", "describe", "inspect", "get"], "jobctl show ID"),
        (["why", "reason"], "jobctl explain ID"),
        (["log", "logs", "history", "tail", "follow"], "jobctl events, or jobctl events --follow"),
        (["top", "monitor"], "jobctl watch"),
        (["find", "grep"], "jobctl search WORD"),
        (["costs", "spending", "price", "statistics"], "jobctl stats"),
        (["kill", "abort", "terminate"], "jobctl cancel ID"),
        (
            ["remove", "rm", "delete", "del", "clean", "purge"],
            "jobctl cancel ID ends a job; jobctl prune forgets old ones"
        ),
        (["stop"], "jobctl cancel ID ends a job; jobctl pause stops submitting"),
        (
            ["start", "continue", "unpause"],
            "jobctl resume submits again; jobctl release ID sends a held job"
        ),
        (["restart", "requeue", "resubmit"], "jobctl retry ID, or for a completed job jobctl rerun ID"),
        (["repeat", "again", "redo", "copy", "clone"], "jobctl rerun ID"),
        (["edit"], "jobctl rerun ID --edit"),
        (["stash", "suspend"], "jobctl hold ID"),
        (["unhold"], "jobctl release ID"),
        (["priority", "label", "change", "update"], "jobctl set ID"),
        (["check", "lint"], "jobctl validate MODEL, or jobctl doctor"),
        (["fsck"], "jobctl verify, or jobctl doctor"),
        (["dump"], "jobctl export, or jobctl backup FILE"),
        (["recover", "undo"], "jobctl restore FILE, if you have a backup"),
        (["catalogue", "catalog"], "jobctl models"),
    ]

    /// What to type instead of a verb that does not exist; nil if it is no word for any.
    static func hint(for typed: String) -> String? {
        verbs.first { $0.words.contains(typed.lowercased()) }?.hint
    }
}
