package import CommandLineTool

/// The options that jobd and jobctl share.
extension Option {
    package static let stateDirectory = Option(
        "state-dir", value: "DIR", "where the store is; else $JOBD_STATE_DIR, /var/lib/jobd, or your own")
    package static let store = Option(
        "store", value: "ADDRESS",
        "a store that several machines share: postgresql://… or service=NAME; also $JOBD_STORE")
    package static let config = Option(
        "config", value: "FILE", "the configuration; else $JOBD_CONFIG, or /etc/jobd/config.json")
    package static let set = Option(
        "set", value: "KEY=VALUE", repeats: true, "set a key of the configuration; may be repeated")
    package static let apiURL = Option("api-url", value: "URL", "base of the API; also $JOBD_API_URL")
}

/// The options of jobd, in the order of its help. jobctl uses them to read a running jobd's command line.
package enum DaemonOptions {
    package static let drain = Option("drain", "end when nothing is left to do without a person")
    package static let check = Option(
        "check", "check configuration, token and database, say what was found, and end")

    package static let all: [Option] =
        [.stateDirectory, .store] + ConfigurationFile.options + [
            .apiURL, drain, check, .help.saying("this text"), .version,
        ]
}
