// Made by "loam generate types" from the collections. Changes will be lost.
// It needs Swift 5.5 or later.
import Foundation

/// The names of the collections.
public enum Collections {
    public static let authOrigins = "_authOrigins"
    public static let externalAuths = "_externalAuths"
    public static let mfas = "_mfas"
    public static let otps = "_otps"
    public static let superusers = "_superusers"
    public static let authors = "authors"
    public static let collections = "collections"
    public static let dates = "dates"
    public static let everyKinds = "every_kinds"
    public static let geoPoints = "geo_points"
    public static let instants = "instants"
    public static let lists = "lists"
    public static let users = "users"
    public static let wires = "wires"
}

/// A record of the collection _authOrigins. What the answer lacks is empty.
public struct AuthOrigin: Codable, Hashable, Identifiable, Sendable {
    public let raw: [String: JSONValue]

    public init(raw: [String: JSONValue]) { self.raw = raw }

    public init(from decoder: Decoder) throws { self.init(raw: try [String: JSONValue](from: decoder)) }

    public func encode(to encoder: Encoder) throws { try raw.encode(to: encoder) }

    public var collectionId: String { Wire_.text(raw["collectionId"]) }
    public var collectionName: String { Wire_.text(raw["collectionName"]) }
    public var collectionRef: String { Wire_.text(raw["collectionRef"]) }
    public var created: Date? { Wire_.moment(raw["created"]) }
    public var fingerprint: String { Wire_.text(raw["fingerprint"]) }
    public var id: String { Wire_.text(raw["id"]) }
    public var recordRef: String { Wire_.text(raw["recordRef"]) }
    public var updated: Date? { Wire_.moment(raw["updated"]) }
}

/// A record of the collection _externalAuths. What the answer lacks is empty.
public struct ExternalAuth: Codable, Hashable, Identifiable, Sendable {
    public let raw: [String: JSONValue]

    public init(raw: [String: JSONValue]) { self.raw = raw }

    public init(from decoder: Decoder) throws { self.init(raw: try [String: JSONValue](from: decoder)) }

    public func encode(to encoder: Encoder) throws { try raw.encode(to: encoder) }

    public var collectionId: String { Wire_.text(raw["collectionId"]) }
    public var collectionName: String { Wire_.text(raw["collectionName"]) }
    public var collectionRef: String { Wire_.text(raw["collectionRef"]) }
    public var created: Date? { Wire_.moment(raw["created"]) }
    public var id: String { Wire_.text(raw["id"]) }
    public var provider: String { Wire_.text(raw["provider"]) }
    public var providerId: String { Wire_.text(raw["providerId"]) }
    public var recordRef: String { Wire_.text(raw["recordRef"]) }
    public var updated: Date? { Wire_.moment(raw["updated"]) }
}

/// A record of the collection _mfas. What the answer lacks is empty.
public struct Mfa: Codable, Hashable, Identifiable, Sendable {
    public let raw: [String: JSONValue]

    public init(raw: [String: JSONValue]) { self.raw = raw }

    public init(from decoder: Decoder) throws { self.init(raw: try [String: JSONValue](from: decoder)) }

    public func encode(to encoder: Encoder) throws { try raw.encode(to: encoder) }

    public var collectionId: String { Wire_.text(raw["collectionId"]) }
    public var collectionName: String { Wire_.text(raw["collectionName"]) }
    public var collectionRef: String { Wire_.text(raw["collectionRef"]) }
    public var created: Date? { Wire_.moment(raw["created"]) }
    public var id: String { Wire_.text(raw["id"]) }
    public var method: String { Wire_.text(raw["method"]) }
    public var recordRef: String { Wire_.text(raw["recordRef"]) }
    public var updated: Date? { Wire_.moment(raw["updated"]) }
}

/// A record of the collection _otps. What the answer lacks is empty.
public struct Otp: Codable, Hashable, Identifiable, Sendable {
    public let raw: [String: JSONValue]

    public init(raw: [String: JSONValue]) { self.raw = raw }

    public init(from decoder: Decoder) throws { self.init(raw: try [String: JSONValue](from: decoder)) }

    public func encode(to encoder: Encoder) throws { try raw.encode(to: encoder) }

    public var collectionId: String { Wire_.text(raw["collectionId"]) }
    public var collectionName: String { Wire_.text(raw["collectionName"]) }
    public var collectionRef: String { Wire_.text(raw["collectionRef"]) }
    public var created: Date? { Wire_.moment(raw["created"]) }
    public var id: String { Wire_.text(raw["id"]) }
    public var recordRef: String { Wire_.text(raw["recordRef"]) }
    public var updated: Date? { Wire_.moment(raw["updated"]) }
}

/// A record of the collection _superusers. What the answer lacks is empty.
public struct Superuser: Codable, Hashable, Identifiable, Sendable {
    public let raw: [String: JSONValue]

    public init(raw: [String: JSONValue]) { self.raw = raw }

    public init(from decoder: Decoder) throws { self.init(raw: try [String: JSONValue](from: decoder)) }

    public func encode(to encoder: Encoder) throws { try raw.encode(to: encoder) }

    public var collectionId: String { Wire_.text(raw["collectionId"]) }
    public var collectionName: String { Wire_.text(raw["collectionName"]) }
    public var created: Date? { Wire_.moment(raw["created"]) }
    public var email: String? { Wire_.absent(raw["email"]) }
    public var emailVisibility: Bool { raw["emailVisibility"] == .bool(true) }
    public var id: String { Wire_.text(raw["id"]) }
    public var updated: Date? { Wire_.moment(raw["updated"]) }
    public var verified: Bool { raw["verified"] == .bool(true) }
}

/// A record of the collection authors. What the answer lacks is empty.
public struct Author: Codable, Hashable, Identifiable, Sendable {
    public let raw: [String: JSONValue]

    public init(raw: [String: JSONValue]) { self.raw = raw }

    public init(from decoder: Decoder) throws { self.init(raw: try [String: JSONValue](from: decoder)) }

    public func encode(to encoder: Encoder) throws { try raw.encode(to: encoder) }

    public var collectionId: String { Wire_.text(raw["collectionId"]) }
    public var collectionName: String { Wire_.text(raw["collectionName"]) }
    public var email: String? { Wire_.absent(raw["email"]) }
    public var emailVisibility: Bool { raw["emailVisibility"] == .bool(true) }
    public var id: String { Wire_.text(raw["id"]) }
    public var name: String { Wire_.text(raw["name"]) }
    public var verified: Bool { raw["verified"] == .bool(true) }

    /// The records that were expanded. Those that the caller may not see are left out.
    public var expand: AuthorExpand { AuthorExpand(raw: Wire_.object(raw["expand"]) ?? [:]) }
}

public struct AuthorExpand: Codable, Hashable, Sendable {
    public let raw: [String: JSONValue]

    public init(raw: [String: JSONValue]) { self.raw = raw }

    public init(from decoder: Decoder) throws { self.init(raw: try [String: JSONValue](from: decoder)) }

    public func encode(to encoder: Encoder) throws { try raw.encode(to: encoder) }

    public var everyKindsViaAuthor: [EveryKind] { Wire_.objects(raw["every_kinds_via_author"]).map(EveryKind.init(raw:)) }
    public var everyKindsViaAuthors: [EveryKind] { Wire_.objects(raw["every_kinds_via_authors"]).map(EveryKind.init(raw:)) }
}

/// The body that creates a record of the collection authors. What is not set is not sent, and nil empties a field.
public struct AuthorCreate: Encodable {
    public private(set) var raw: [String: JSONValue] = [:]

    public var email: String? { didSet { raw["email"] = Wire_.json(self.email) } }
    public var emailVisibility: Bool? { didSet { raw["emailVisibility"] = Wire_.json(self.emailVisibility) } }
    public var id: String? { didSet { raw["id"] = Wire_.json(self.id) } }
    public var name: String? { didSet { raw["name"] = Wire_.json(self.name) } }
    public var password: String? { didSet { raw["password"] = Wire_.json(self.password) } }
    public var passwordConfirm: String? { didSet { raw["passwordConfirm"] = Wire_.json(self.passwordConfirm) } }
    public var verified: Bool? { didSet { raw["verified"] = Wire_.json(self.verified) } }

    public init(email: String, name: String, password: String, passwordConfirm: String) {
        self.email = email
        raw["email"] = Wire_.json(self.email)
        self.name = name
        raw["name"] = Wire_.json(self.name)
        self.password = password
        raw["password"] = Wire_.json(self.password)
        self.passwordConfirm = passwordConfirm
        raw["passwordConfirm"] = Wire_.json(self.passwordConfirm)
    }

    public func encode(to encoder: Encoder) throws { try raw.encode(to: encoder) }
}

/// A record of the collection collections. What the answer lacks is empty.
public struct Collection: Codable, Hashable, Identifiable, Sendable {
    public let raw: [String: JSONValue]

    public init(raw: [String: JSONValue]) { self.raw = raw }

    public init(from decoder: Decoder) throws { self.init(raw: try [String: JSONValue](from: decoder)) }

    public func encode(to encoder: Encoder) throws { try raw.encode(to: encoder) }

    public var collectionId: String { Wire_.text(raw["collectionId"]) }
    public var collectionName: String { Wire_.text(raw["collectionName"]) }
    public var id: String { Wire_.text(raw["id"]) }
    public var text: String { Wire_.text(raw["text"]) }
}

/// A record of the collection dates. What the answer lacks is empty.
public struct Date_: Codable, Hashable, Identifiable, Sendable {
    public let raw: [String: JSONValue]

    public init(raw: [String: JSONValue]) { self.raw = raw }

    public init(from decoder: Decoder) throws { self.init(raw: try [String: JSONValue](from: decoder)) }

    public func encode(to encoder: Encoder) throws { try raw.encode(to: encoder) }

    public var collectionId: String { Wire_.text(raw["collectionId"]) }
    public var collectionName: String { Wire_.text(raw["collectionName"]) }
    public var id: String { Wire_.text(raw["id"]) }
    public var text: String { Wire_.text(raw["text"]) }
}

/// A record of the collection every_kinds. What the answer lacks is empty.
public struct EveryKind: Codable, Hashable, Identifiable, Sendable {
    public let raw: [String: JSONValue]

    public init(raw: [String: JSONValue]) { self.raw = raw }

    public init(from decoder: Decoder) throws { self.init(raw: try [String: JSONValue](from: decoder)) }

    public func encode(to encoder: Encoder) throws { try raw.encode(to: encoder) }

    public var urlOf: String { Wire_.text(raw["URL_of"]) }
    public var under: String { Wire_.text(raw["_under"]) }
    public var author: String { Wire_.text(raw["author"]) }
    public var authors: [String] { Wire_.texts(raw["authors"]) }
    public var bool: Bool { raw["bool"] == .bool(true) }
    public var class_: String { Wire_.text(raw["class"]) }
    public var collectionId: String { Wire_.text(raw["collectionId"]) }
    public var collectionName: String { Wire_.text(raw["collectionName"]) }
    public var count: Int { Wire_.integer(raw["count"]) }
    public var created: Date? { Wire_.moment(raw["created"]) }
    public var createdAt: String { Wire_.text(raw["created_at"]) }
    public var date: Date? { Wire_.moment(raw["date"]) }
    public var editor: String { Wire_.text(raw["editor"]) }
    public var email: String { Wire_.text(raw["email"]) }
    public var field: String { Wire_.text(raw["field"]) }
    public var file: String { Wire_.text(raw["file"]) }
    public var files: [String] { Wire_.texts(raw["files"]) }
    public var fun: String { Wire_.text(raw["fun"]) }
    public var func_: String { Wire_.text(raw["func"]) }
    public var id: String { Wire_.text(raw["id"]) }
    public var json: JSONValue { raw["json"] ?? .null }
    public var number: Double { Wire_.number(raw["number"]) }
    public var pin: String { Wire_.text(raw["pin"]) }
    public var point: GeoPoint { GeoPoint(raw["point"]) }
    public var raw_: String { Wire_.text(raw["raw"]) }
    public var sizes: [EveryKindSizes] { Wire_.texts(raw["sizes"]).compactMap(EveryKindSizes.init(rawValue:)) }
    public var status: EveryKindStatus? { EveryKindStatus(rawValue: Wire_.text(raw["status"])) }
    /// A title, * / * closed.
    public var text: String { Wire_.text(raw["text"]) }
    public var under_: String { Wire_.text(raw["under"]) }
    public var url: String { Wire_.text(raw["url"]) }

    /// The records that were expanded. Those that the caller may not see are left out.
    public var expand: EveryKindExpand { EveryKindExpand(raw: Wire_.object(raw["expand"]) ?? [:]) }
}

public struct EveryKindExpand: Codable, Hashable, Sendable {
    public let raw: [String: JSONValue]

    public init(raw: [String: JSONValue]) { self.raw = raw }

    public init(from decoder: Decoder) throws { self.init(raw: try [String: JSONValue](from: decoder)) }

    public func encode(to encoder: Encoder) throws { try raw.encode(to: encoder) }

    public var author: Author? { Wire_.object(raw["author"]).map(Author.init(raw:)) }
    public var authors: [Author] { Wire_.objects(raw["authors"]).map(Author.init(raw:)) }
}

/// A value of the field sizes.
public enum EveryKindSizes: String, CaseIterable, Codable, Sendable {
    case s = "s"
    case m = "M"
    case lXL = "L-XL"
}

/// A value of the field status.
public enum EveryKindStatus: String, CaseIterable, Codable, Sendable {
    case draft = "draft"
    case twoWords = "two words"
    case x1st = "1st"
    case x1St = "1-st"
    case values = "values"
    case none_ = "none"
    case x = "$x \"\\\u{1}"
}

/// The body that creates a record of the collection every_kinds. What is not set is not sent, and nil empties a field.
public struct EveryKindCreate: Encodable {
    public private(set) var raw: [String: JSONValue] = [:]

    public var urlOf: String? { didSet { raw["URL_of"] = Wire_.json(self.urlOf) } }
    public var under: String? { didSet { raw["_under"] = Wire_.json(self.under) } }
    public var author: String? { didSet { raw["author"] = Wire_.json(self.author) } }
    public var authors: [String]? { didSet { raw["authors"] = Wire_.json(self.authors) } }
    public var bool: Bool? { didSet { raw["bool"] = Wire_.json(self.bool) } }
    public var class_: String? { didSet { raw["class"] = Wire_.json(self.class_) } }
    public var count: Int? { didSet { raw["count"] = Wire_.json(self.count) } }
    public var createdAt: String? { didSet { raw["created_at"] = Wire_.json(self.createdAt) } }
    public var date: Date? { didSet { raw["date"] = Wire_.json(self.date) } }
    public var editor: String? { didSet { raw["editor"] = Wire_.json(self.editor) } }
    public var email: String? { didSet { raw["email"] = Wire_.json(self.email) } }
    public var field: String? { didSet { raw["field"] = Wire_.json(self.field) } }
    public var fun: String? { didSet { raw["fun"] = Wire_.json(self.fun) } }
    public var func_: String? { didSet { raw["func"] = Wire_.json(self.func_) } }
    public var id: String? { didSet { raw["id"] = Wire_.json(self.id) } }
    public var json: JSONValue? { didSet { raw["json"] = self.json ?? .null } }
    public var number: Double? { didSet { raw["number"] = Wire_.json(self.number) } }
    public var pin: String? { didSet { raw["pin"] = Wire_.json(self.pin) } }
    public var point: GeoPoint? { didSet { raw["point"] = Wire_.json(self.point) } }
    public var raw_: String? { didSet { raw["raw"] = Wire_.json(self.raw_) } }
    public var sizes: [EveryKindSizes]? { didSet { raw["sizes"] = Wire_.json(self.sizes?.map(\.rawValue)) } }
    public var status: EveryKindStatus? { didSet { raw["status"] = Wire_.json(self.status?.rawValue) } }
    /// A title, * / * closed.
    public var text: String? { didSet { raw["text"] = Wire_.json(self.text) } }
    public var under_: String? { didSet { raw["under"] = Wire_.json(self.under_) } }
    public var url: String? { didSet { raw["url"] = Wire_.json(self.url) } }

    public init(number: Double, status: EveryKindStatus, text: String) {
        self.number = number
        raw["number"] = Wire_.json(self.number)
        self.status = status
        raw["status"] = Wire_.json(self.status?.rawValue)
        self.text = text
        raw["text"] = Wire_.json(self.text)
    }

    public func encode(to encoder: Encoder) throws { try raw.encode(to: encoder) }
}

/// The body that updates a record of the collection every_kinds. What is not set is not sent, and nil empties a field.
public struct EveryKindUpdate: Encodable {
    public private(set) var raw: [String: JSONValue] = [:]

    public var urlOf: String? { didSet { raw["URL_of"] = Wire_.json(self.urlOf) } }
    public var under: String? { didSet { raw["_under"] = Wire_.json(self.under) } }
    public var author: String? { didSet { raw["author"] = Wire_.json(self.author) } }
    public var authors: [String]? { didSet { raw["authors"] = Wire_.json(self.authors) } }
    public var authorsAdd: [String]? { didSet { raw["authors+"] = Wire_.json(self.authorsAdd) } }
    public var authorsRemove: [String]? { didSet { raw["authors-"] = Wire_.json(self.authorsRemove) } }
    public var bool: Bool? { didSet { raw["bool"] = Wire_.json(self.bool) } }
    public var class_: String? { didSet { raw["class"] = Wire_.json(self.class_) } }
    public var count: Int? { didSet { raw["count"] = Wire_.json(self.count) } }
    public var countAdd: Int? { didSet { raw["count+"] = Wire_.json(self.countAdd) } }
    public var countRemove: Int? { didSet { raw["count-"] = Wire_.json(self.countRemove) } }
    public var createdAt: String? { didSet { raw["created_at"] = Wire_.json(self.createdAt) } }
    public var date: Date? { didSet { raw["date"] = Wire_.json(self.date) } }
    public var editor: String? { didSet { raw["editor"] = Wire_.json(self.editor) } }
    public var email: String? { didSet { raw["email"] = Wire_.json(self.email) } }
    public var field: String? { didSet { raw["field"] = Wire_.json(self.field) } }
    public var filesRemove: [String]? { didSet { raw["files-"] = Wire_.json(self.filesRemove) } }
    public var fun: String? { didSet { raw["fun"] = Wire_.json(self.fun) } }
    public var func_: String? { didSet { raw["func"] = Wire_.json(self.func_) } }
    public var json: JSONValue? { didSet { raw["json"] = self.json ?? .null } }
    public var number: Double? { didSet { raw["number"] = Wire_.json(self.number) } }
    public var numberAdd: Double? { didSet { raw["number+"] = Wire_.json(self.numberAdd) } }
    public var numberRemove: Double? { didSet { raw["number-"] = Wire_.json(self.numberRemove) } }
    public var pin: String? { didSet { raw["pin"] = Wire_.json(self.pin) } }
    public var point: GeoPoint? { didSet { raw["point"] = Wire_.json(self.point) } }
    public var raw_: String? { didSet { raw["raw"] = Wire_.json(self.raw_) } }
    public var sizes: [EveryKindSizes]? { didSet { raw["sizes"] = Wire_.json(self.sizes?.map(\.rawValue)) } }
    public var sizesAdd: [EveryKindSizes]? { didSet { raw["sizes+"] = Wire_.json(self.sizesAdd?.map(\.rawValue)) } }
    public var sizesRemove: [EveryKindSizes]? { didSet { raw["sizes-"] = Wire_.json(self.sizesRemove?.map(\.rawValue)) } }
    public var status: EveryKindStatus? { didSet { raw["status"] = Wire_.json(self.status?.rawValue) } }
    /// A title, * / * closed.
    public var text: String? { didSet { raw["text"] = Wire_.json(self.text) } }
    public var under_: String? { didSet { raw["under"] = Wire_.json(self.under_) } }
    public var url: String? { didSet { raw["url"] = Wire_.json(self.url) } }

    public init() {
    }

    public func encode(to encoder: Encoder) throws { try raw.encode(to: encoder) }
}

/// A record of the collection geo_points. What the answer lacks is empty.
public struct GeoPoint_2: Codable, Hashable, Identifiable, Sendable {
    public let raw: [String: JSONValue]

    public init(raw: [String: JSONValue]) { self.raw = raw }

    public init(from decoder: Decoder) throws { self.init(raw: try [String: JSONValue](from: decoder)) }

    public func encode(to encoder: Encoder) throws { try raw.encode(to: encoder) }

    public var collectionId: String { Wire_.text(raw["collectionId"]) }
    public var collectionName: String { Wire_.text(raw["collectionName"]) }
    public var id: String { Wire_.text(raw["id"]) }
    public var text: String { Wire_.text(raw["text"]) }
}

/// A record of the collection instants. What the answer lacks is empty.
public struct Instant: Codable, Hashable, Identifiable, Sendable {
    public let raw: [String: JSONValue]

    public init(raw: [String: JSONValue]) { self.raw = raw }

    public init(from decoder: Decoder) throws { self.init(raw: try [String: JSONValue](from: decoder)) }

    public func encode(to encoder: Encoder) throws { try raw.encode(to: encoder) }

    public var collectionId: String { Wire_.text(raw["collectionId"]) }
    public var collectionName: String { Wire_.text(raw["collectionName"]) }
    public var id: String { Wire_.text(raw["id"]) }
    public var text: String { Wire_.text(raw["text"]) }
}

/// A record of the collection lists. What the answer lacks is empty.
public struct List: Codable, Hashable, Identifiable, Sendable {
    public let raw: [String: JSONValue]

    public init(raw: [String: JSONValue]) { self.raw = raw }

    public init(from decoder: Decoder) throws { self.init(raw: try [String: JSONValue](from: decoder)) }

    public func encode(to encoder: Encoder) throws { try raw.encode(to: encoder) }

    public var collectionId: String { Wire_.text(raw["collectionId"]) }
    public var collectionName: String { Wire_.text(raw["collectionName"]) }
    public var id: String { Wire_.text(raw["id"]) }
    public var text: String { Wire_.text(raw["text"]) }
}

/// A record of the collection users. What the answer lacks is empty.
public struct User: Codable, Hashable, Identifiable, Sendable {
    public let raw: [String: JSONValue]

    public init(raw: [String: JSONValue]) { self.raw = raw }

    public init(from decoder: Decoder) throws { self.init(raw: try [String: JSONValue](from: decoder)) }

    public func encode(to encoder: Encoder) throws { try raw.encode(to: encoder) }

    public var avatar: String { Wire_.text(raw["avatar"]) }
    public var collectionId: String { Wire_.text(raw["collectionId"]) }
    public var collectionName: String { Wire_.text(raw["collectionName"]) }
    public var created: Date? { Wire_.moment(raw["created"]) }
    public var email: String? { Wire_.absent(raw["email"]) }
    public var emailVisibility: Bool { raw["emailVisibility"] == .bool(true) }
    public var id: String { Wire_.text(raw["id"]) }
    public var name: String { Wire_.text(raw["name"]) }
    public var updated: Date? { Wire_.moment(raw["updated"]) }
    public var verified: Bool { raw["verified"] == .bool(true) }
}

/// The body that creates a record of the collection users. What is not set is not sent, and nil empties a field.
public struct UserCreate: Encodable {
    public private(set) var raw: [String: JSONValue] = [:]

    public var email: String? { didSet { raw["email"] = Wire_.json(self.email) } }
    public var emailVisibility: Bool? { didSet { raw["emailVisibility"] = Wire_.json(self.emailVisibility) } }
    public var id: String? { didSet { raw["id"] = Wire_.json(self.id) } }
    public var name: String? { didSet { raw["name"] = Wire_.json(self.name) } }
    public var password: String? { didSet { raw["password"] = Wire_.json(self.password) } }
    public var passwordConfirm: String? { didSet { raw["passwordConfirm"] = Wire_.json(self.passwordConfirm) } }
    public var verified: Bool? { didSet { raw["verified"] = Wire_.json(self.verified) } }

    public init(email: String, password: String, passwordConfirm: String) {
        self.email = email
        raw["email"] = Wire_.json(self.email)
        self.password = password
        raw["password"] = Wire_.json(self.password)
        self.passwordConfirm = passwordConfirm
        raw["passwordConfirm"] = Wire_.json(self.passwordConfirm)
    }

    public func encode(to encoder: Encoder) throws { try raw.encode(to: encoder) }
}

/// The body that updates a record of the collection users. What is not set is not sent, and nil empties a field.
public struct UserUpdate: Encodable {
    public private(set) var raw: [String: JSONValue] = [:]

    public var email: String? { didSet { raw["email"] = Wire_.json(self.email) } }
    public var emailVisibility: Bool? { didSet { raw["emailVisibility"] = Wire_.json(self.emailVisibility) } }
    public var name: String? { didSet { raw["name"] = Wire_.json(self.name) } }
    public var oldPassword: String? { didSet { raw["oldPassword"] = Wire_.json(self.oldPassword) } }
    public var password: String? { didSet { raw["password"] = Wire_.json(self.password) } }
    public var passwordConfirm: String? { didSet { raw["passwordConfirm"] = Wire_.json(self.passwordConfirm) } }
    public var verified: Bool? { didSet { raw["verified"] = Wire_.json(self.verified) } }

    public init() {
    }

    public func encode(to encoder: Encoder) throws { try raw.encode(to: encoder) }
}

/// A record of the collection wires. What the answer lacks is empty.
public struct Wire: Codable, Hashable, Identifiable, Sendable {
    public let raw: [String: JSONValue]

    public init(raw: [String: JSONValue]) { self.raw = raw }

    public init(from decoder: Decoder) throws { self.init(raw: try [String: JSONValue](from: decoder)) }

    public func encode(to encoder: Encoder) throws { try raw.encode(to: encoder) }

    public var collectionId: String { Wire_.text(raw["collectionId"]) }
    public var collectionName: String { Wire_.text(raw["collectionName"]) }
    public var id: String { Wire_.text(raw["id"]) }
    public var text: String { Wire_.text(raw["text"]) }
}

/// A value of JSON.
public enum JSONValue: Codable, Hashable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    public init(from decoder: Decoder) throws {
        let json = try decoder.singleValueContainer()
        if json.decodeNil() {
            self = .null
        } else if let value = try? json.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? json.decode(Double.self) {
            self = .number(value)
        } else if let value = try? json.decode(String.self) {
            self = .string(value)
        } else if let value = try? json.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try json.decode([String: JSONValue].self))
        }
    }

    public func encode(to encoder: Encoder) throws {
        var json = encoder.singleValueContainer()
        switch self {
        case .null: try json.encodeNil()
        case .bool(let value): try json.encode(value)
        case .number(let value): try json.encode(value)
        case .string(let value): try json.encode(value)
        case .array(let value): try json.encode(value)
        case .object(let value): try json.encode(value)
        }
    }
}

/// A place, in degrees.
public struct GeoPoint: Hashable, Sendable {
    public var lon: Double
    public var lat: Double

    public init(lon: Double, lat: Double) {
        self.lon = lon
        self.lat = lat
    }

    init(_ json: JSONValue?) {
        let place = Wire_.object(json) ?? [:]
        self.init(lon: Wire_.number(place["lon"]), lat: Wire_.number(place["lat"]))
    }
}

private enum Wire_ {
    static func absent(_ json: JSONValue?) -> String? {
        if case .string(let text)? = json { return text }
        return nil
    }

    static func text(_ json: JSONValue?) -> String { absent(json) ?? "" }

    static func number(_ json: JSONValue?) -> Double {
        if case .number(let number)? = json { return number }
        return 0
    }

    static func integer(_ json: JSONValue?) -> Int { Int(exactly: number(json).rounded(.towardZero)) ?? 0 }

    static func moment(_ json: JSONValue?) -> Date? {
        formatter().date(from: text(json).replacingOccurrences(of: " ", with: "T"))
    }

    static func texts(_ json: JSONValue?) -> [String] {
        if case .array(let list)? = json { return list.compactMap { absent($0) } }
        return []
    }

    static func object(_ json: JSONValue?) -> [String: JSONValue]? {
        if case .object(let object)? = json { return object }
        return nil
    }

    static func objects(_ json: JSONValue?) -> [[String: JSONValue]] {
        if case .array(let list)? = json { return list.compactMap { object($0) } }
        return []
    }

    static func json(_ text: String?) -> JSONValue { text.map { JSONValue.string($0) } ?? .null }

    static func json(_ number: Double?) -> JSONValue { number.map { JSONValue.number($0) } ?? .null }

    static func json(_ integer: Int?) -> JSONValue { json(integer.map { Double($0) }) }

    static func json(_ flag: Bool?) -> JSONValue { flag.map { JSONValue.bool($0) } ?? .null }

    static func json(_ moment: Date?) -> JSONValue { json(moment.map { formatter().string(from: $0) }) }

    static func json(_ texts: [String]?) -> JSONValue { texts.map { JSONValue.array($0.map { json($0) }) } ?? .null }

    static func json(_ point: GeoPoint?) -> JSONValue {
        point.map { JSONValue.object(["lon": .number($0.lon), "lat": .number($0.lat)]) } ?? .null
    }

    private static func formatter() -> ISO8601DateFormatter {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        return formatter
    }
}
