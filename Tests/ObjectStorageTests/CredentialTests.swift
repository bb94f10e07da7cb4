import Scratch
import Testing

@testable import ObjectStorage

@Suite struct CredentialTests {
    private let scratch = ScratchDirectory()

    private func find(_ environment: [String: String]) -> Result<StorageCredentials, StorageFault> {
        do throws(StorageFault) {
            return .success(try CredentialSource(environment: environment).find())
        } catch {
            return .failure(error)
        }
    }

    @Test func `the systemd credential comes first then the variables then the file`() throws {
        FileOnDisk.write(
            "# mine\n[default]\naws_access_key_id = file\naws_secret_access_key=s1\n\n[ other ]\r\n"
                + "aws_access_key_id=other\naws_secret_access_key = s2=\naws_session_token = t2\n",
            to: scratch["credentials"])
        let home = ["AWS_SHARED_CREDENTIALS_FILE": scratch["credentials"], "HOME": "/nowhere"]
        #expect(try find(home).get() == StorageCredentials(keyID: "file", secret: "s1"))
        #expect(
            try find(home.merging(["AWS_PROFILE": "other"]) { $1 }).get()
                == StorageCredentials(keyID: "other", secret: "s2=", sessionToken: "t2"))
        let variables = home.merging([
            "AWS_ACCESS_KEY_ID": "variable", "AWS_SECRET_ACCESS_KEY": "s3", "AWS_SESSION_TOKEN": "",
        ]) { $1 }
        #expect(try find(variables).get() == StorageCredentials(keyID: "variable", secret: "s3"))
        FileOnDisk.write(
            "[default]\naws_access_key_id=systemd\naws_secret_access_key=s4\n", to: scratch["aws"])
        let unit = variables.merging(["CREDENTIALS_DIRECTORY": scratch.path]) { $1 }
        #expect(try find(unit).get() == StorageCredentials(keyID: "systemd", secret: "s4"))
    }

    @Test func `what is missing or malformed is named without the secret`() throws {
        FileOnDisk.write(
            "[default]\naws_access_key_id=a b\naws_secret_access_key=hush hush", to: scratch["c"])
        for environment in [
            [:], ["AWS_SHARED_CREDENTIALS_FILE": scratch["c"]],
            ["AWS_SHARED_CREDENTIALS_FILE": scratch["c"], "AWS_PROFILE": "none"],
            ["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "hush\nhush"],
        ] {
            guard case .failure(.refused(let words)) = find(environment) else {
                Issue.record("\(environment)")
                continue
            }
            #expect(!words.contains("hush"))
        }
        #expect("\(StorageCredentials(keyID: "id", secret: "hush"))" == "key id")
    }
}
