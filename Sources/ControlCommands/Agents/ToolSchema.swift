internal import JSON
internal import JobModel

/// JSON Schemas of what tools take and answer.
enum ToolSchema {
    static func object(
        _ properties: JSONObject, required: [String] = [], isOpen: Bool = false
    ) -> JSON {
        .object([
            "type": "object", "properties": .object(properties),
            "required": .array(required.map(JSON.string)), "additionalProperties": .bool(isOpen),
        ])
    }

    static func text(_ description: String) -> JSON { value("string", description) }
    static func flag(_ description: String) -> JSON { value("boolean", description) }
    static func number(_ description: String) -> JSON { value("number", description) }

    static func integer(_ description: String, _ range: ClosedRange<Int64>) -> JSON {
        var schema = value("integer", description).object ?? [:]
        (schema["minimum"], schema["maximum"]) = (.integer(range.lowerBound), .integer(range.upperBound))
        return .object(schema)
    }

    static func list(_ description: String, of items: JSON, atLeast least: Int = 0, most: Int = 1000) -> JSON
    {
        .object([
            "type": "array", "description": .string(description), "items": items,
            "minItems": .integer(least), "maxItems": .integer(most),
        ])
    }

    static func choice(_ words: [String]) -> JSON {
        .object(["type": "string", "enum": .array(words.map(JSON.string))])
    }

    /// A value of an answer, which may be absent.
    static func optional(_ type: String) -> JSON { .object(["type": .array([.string(type), "null"])]) }

    private static func value(_ type: String, _ description: String) -> JSON {
        .object(["type": .string(type), "description": .string(description)])
    }

    // MARK: - Parts that several tools share

    static let id = integer("the job's id", 1...Int64.max)
    static let ids = list(
        "the jobs' ids", of: .object(["type": "integer", "minimum": .integer(1)]), atLeast: 1)
    static let model = text("a model's whole id, or its last segments if only one known model ends so")
    static let input = JSON.object([
        "type": "object",
        "description": """
        the model's input, by get_model's schema. In a file property (or where no schema is known) \
        job:KEY is the first output of the job with this key or id, job:KEY/3 the third, job:KEY/all \
        all, job:KEY/pick what a person picks
        """,
    ])
    static let states = list(
        "only these states", of: choice(JobState.allCases.map(\.rawValue)))
    static let since = text("only jobs enqueued since then: 2h, 2026-01-31, or RFC 3339")
    static let notes = JSON.object(["type": "array", "items": .object(["type": "string"])])

    /// The filter of `list_jobs` and `search_jobs`.
    static let filter: JSONObject = [
        "state": states, "model": text("only jobs of this model; a trailing * means all that begin so"),
        "label": text("only jobs with this label"), "since": since,
        "limit": integer("at most so many; 20 if not given", 1...200),
    ]

    static let output = object(
        [
            "position": .object(["type": "integer"]), "kind": .object(["type": "string"]),
            "state": .object(["type": "string"]), "file": optional("string"),
            "media_type": optional("string"), "bytes": optional("integer"),
            "width": optional("integer"), "height": optional("integer"),
            "picked_at": optional("string"),
        ], required: ["position", "kind", "state"], isOpen: true)

    static let job = object(
        [
            "id": .object(["type": "integer"]), "state": choice(JobState.allCases.map(\.rawValue)),
            "model": .object(["type": "string"]),
            "input": .object(["type": .array(["object", "null"])]), "label": optional("string"),
            "key": optional("string"), "error_kind": optional("string"),
            "error_message": optional("string"), "price_usd": optional("number"),
            "cost_usd": optional("number"), "waits_for": .object(["type": "integer"]),
            "outputs": .object(["type": "array", "items": output]),
        ], required: ["id", "state", "model"], isOpen: true)

    static let jobs = JSON.object(["type": "array", "items": job])

    static func answer(_ properties: JSONObject, required: [String]) -> JSON {
        var properties = properties
        properties["notes"] = notes
        return object(properties, required: required + ["notes"], isOpen: true)
    }
}
