internal import JSON

/// Texts that a person can start with.
struct AgentPrompt: Sendable {
    let name: String
    let title: String
    let description: String
    let arguments: [(name: String, description: String, isRequired: Bool)]
    let text: @Sendable (JSONObject) -> String

    static let all: [AgentPrompt] = [
        AgentPrompt(
            name: "make_pictures", title: "Make pictures",
            description: "From an idea to files, with the price first",
            arguments: [
                ("idea", "what shall be made", true), ("budget_usd", "what it may cost", false),
            ]
        ) { arguments in
            let budget = arguments["budget_usd"]?.string.map { " It may cost \($0) dollars at most." } ?? ""
            return """
                Make this with jobd: \(arguments["idea"]?.string ?? "").\(budget)
                Find a model with list_models, and read its schema with get_model. Price each order with \
                price_order, and tell me the sum before you order. Then enqueue each job under a key of its \
                own that says what it is for. If a call fails or times out, repeat it with the same key. \
                Wait with wait_for_jobs until all have ended, look at the pictures with get_file, and give \
                me the paths. If a job failed, explain_job says why; do not order it again without asking me.
                """
        },
        AgentPrompt(
            name: "look_after_jobs", title: "Look after the jobs",
            description: "What needs attention, and why", arguments: []
        ) { _ in
            """
            Look at the jobs of the last day with list_jobs (since 24h). For each that failed, is uncertain \
            or has waited for more than an hour, ask explain_job. Tell me in a few lines what needs a \
            decision, with the command to type. Order, cancel and pick nothing.
            """
        },
    ]

    var json: JSON {
        .object([
            "name": .string(name), "title": .string(title), "description": .string(description),
            "arguments": .array(
                arguments.map {
                    .object([
                        "name": .string($0.name), "description": .string($0.description),
                        "required": .bool($0.isRequired),
                    ])
                }),
        ])
    }

    static func get(_ params: JSONObject) throws(RPCError) -> JSONObject {
        guard let prompt = all.first(where: { $0.name == params["name"]?.string }) else {
            throw RPCError(.invalidParams, "there is no such prompt")
        }
        let given = params["arguments"]?.object ?? [:]
        for argument in prompt.arguments where argument.isRequired && given[argument.name]?.string == nil {
            throw RPCError(.invalidParams, "the argument \"\(argument.name)\" is missing")
        }
        let content = JSON.object(["type": "text", "text": .string(prompt.text(given))])
        return [
            "description": .string(prompt.description),
            "messages": .array([.object(["role": "user", "content": content])]),
        ]
    }
}
