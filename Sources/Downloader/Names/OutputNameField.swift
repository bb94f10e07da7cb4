/// The fields that `output_name` may hold.
package enum OutputNameField: String, CaseIterable, Sendable {
    case id, index, date, time, model, label, prompt, seed
    case requestID = "request_id"
    case fileExtension = "ext"
}
