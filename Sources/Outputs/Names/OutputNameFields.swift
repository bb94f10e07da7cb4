package import Calendar
internal import JobModel

/// The fields that `output_name` may contain.
package enum OutputNameField: String, CaseIterable, Sendable {
    case id, index, date, time, model, label, prompt, seed
    case requestID = "request_id"
    case fileExtension = "ext"
}

/// The values of the fields of an output's name. Texts are as people and servers wrote them.
package struct OutputNameFields: Sendable {
    package var id: Int64
    package var index: Int
    /// When the job was created, in local time.
    package var created: CalendarTime
    package var model: String
    package var label: String?
    package var prompt: String?
    package var seed: String?
    package var requestID: String?

    package init(
        id: Int64, index: Int, created: CalendarTime, model: String, label: String? = nil,
        prompt: String? = nil, seed: String? = nil, requestID: String? = nil
    ) {
        self.id = id
        self.index = index
        self.created = created
        self.model = model
        self.label = label
        self.prompt = prompt
        self.seed = seed
        self.requestID = requestID
    }

    /// The field's value as part of one path component, never empty.
    func value(of field: OutputNameField, fileExtension: String) -> String {
        switch field {
        case .id: JobFileName.digits(of: id)
        case .index: String(index)
        case .date: String(created.date)
        case .time: created.clock.filter { $0 != ":" }
        case .model: PathText.component(from: model)
        case .label: PathText.component(from: label ?? "")
        case .prompt: PathText.slug(of: prompt ?? "")
        case .seed: PathText.component(from: seed ?? "")
        case .requestID: PathText.component(from: requestID ?? "")
        case .fileExtension: PathText.component(from: fileExtension)
        }
    }
}
