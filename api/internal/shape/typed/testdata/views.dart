// Made by "loam generate types" from the collections. Changes will be lost.
// It needs Dart 2.12 or later, and no package.
// ignore_for_file: type=lint

/// The names of the collections.
abstract class Collections {
  static const authOrigins = "_authOrigins";
  static const externalAuths = "_externalAuths";
  static const mfas = "_mfas";
  static const otps = "_otps";
  static const superusers = "_superusers";
  static const authors = "authors";
  static const collections = "collections";
  static const dates = "dates";
  static const everyKinds = "every_kinds";
  static const geoPoints = "geo_points";
  static const instants = "instants";
  static const lists = "lists";
  static const users = "users";
  static const wires = "wires";
}

/// A record of the collection _authOrigins. What the answer lacks is empty.
class AuthOrigin {
  /// The record as decoded JSON.
  final Map<String, dynamic> raw;

  const AuthOrigin.fromJson(this.raw);

  Map<String, dynamic> toJson() => raw;

  String get collectionId => _text(raw["collectionId"]);
  String get collectionName => _text(raw["collectionName"]);
  String get collectionRef => _text(raw["collectionRef"]);
  DateTime? get created => _moment(raw["created"]);
  String get fingerprint => _text(raw["fingerprint"]);
  String get id => _text(raw["id"]);
  String get recordRef => _text(raw["recordRef"]);
  DateTime? get updated => _moment(raw["updated"]);
}

/// A record of the collection _externalAuths. What the answer lacks is empty.
class ExternalAuth {
  /// The record as decoded JSON.
  final Map<String, dynamic> raw;

  const ExternalAuth.fromJson(this.raw);

  Map<String, dynamic> toJson() => raw;

  String get collectionId => _text(raw["collectionId"]);
  String get collectionName => _text(raw["collectionName"]);
  String get collectionRef => _text(raw["collectionRef"]);
  DateTime? get created => _moment(raw["created"]);
  String get id => _text(raw["id"]);
  String get provider => _text(raw["provider"]);
  String get providerId => _text(raw["providerId"]);
  String get recordRef => _text(raw["recordRef"]);
  DateTime? get updated => _moment(raw["updated"]);
}

/// A record of the collection _mfas. What the answer lacks is empty.
class Mfa {
  /// The record as decoded JSON.
  final Map<String, dynamic> raw;

  const Mfa.fromJson(this.raw);

  Map<String, dynamic> toJson() => raw;

  String get collectionId => _text(raw["collectionId"]);
  String get collectionName => _text(raw["collectionName"]);
  String get collectionRef => _text(raw["collectionRef"]);
  DateTime? get created => _moment(raw["created"]);
  String get id => _text(raw["id"]);
  String get method => _text(raw["method"]);
  String get recordRef => _text(raw["recordRef"]);
  DateTime? get updated => _moment(raw["updated"]);
}

/// A record of the collection _otps. What the answer lacks is empty.
class Otp {
  /// The record as decoded JSON.
  final Map<String, dynamic> raw;

  const Otp.fromJson(this.raw);

  Map<String, dynamic> toJson() => raw;

  String get collectionId => _text(raw["collectionId"]);
  String get collectionName => _text(raw["collectionName"]);
  String get collectionRef => _text(raw["collectionRef"]);
  DateTime? get created => _moment(raw["created"]);
  String get id => _text(raw["id"]);
  String get recordRef => _text(raw["recordRef"]);
  DateTime? get updated => _moment(raw["updated"]);
}

/// A record of the collection _superusers. What the answer lacks is empty.
class Superuser {
  /// The record as decoded JSON.
  final Map<String, dynamic> raw;

  const Superuser.fromJson(this.raw);

  Map<String, dynamic> toJson() => raw;

  String get collectionId => _text(raw["collectionId"]);
  String get collectionName => _text(raw["collectionName"]);
  DateTime? get created => _moment(raw["created"]);
  String? get email => raw["email"] as String?;
  bool get emailVisibility => raw["emailVisibility"] == true;
  String get id => _text(raw["id"]);
  DateTime? get updated => _moment(raw["updated"]);
  bool get verified => raw["verified"] == true;
}

/// A record of the collection authors. What the answer lacks is empty.
class Author {
  /// The record as decoded JSON.
  final Map<String, dynamic> raw;

  const Author.fromJson(this.raw);

  Map<String, dynamic> toJson() => raw;

  String get collectionId => _text(raw["collectionId"]);
  String get collectionName => _text(raw["collectionName"]);
  String? get email => raw["email"] as String?;
  bool get emailVisibility => raw["emailVisibility"] == true;
  String get id => _text(raw["id"]);
  String get name => _text(raw["name"]);
  bool get verified => raw["verified"] == true;

  /// The records that were expanded. Those that the caller may not see are left out.
  AuthorExpand get expand => AuthorExpand.fromJson(_map(raw["expand"]));
}

class AuthorExpand {
  /// The records as decoded JSON.
  final Map<String, dynamic> raw;

  const AuthorExpand.fromJson(this.raw);

  List<EveryKind> get everyKindsViaAuthor => _all(raw["every_kinds_via_author"], (json) => EveryKind.fromJson(json));
  List<EveryKind> get everyKindsViaAuthors => _all(raw["every_kinds_via_authors"], (json) => EveryKind.fromJson(json));
}

/// The body that creates a record of the collection authors. What is not set is not sent, and null empties a field.
class AuthorCreate {
  /// The body as JSON to encode.
  final Map<String, dynamic> raw = {};

  AuthorCreate({
    required String email,
    required String name,
    required String password,
    required String passwordConfirm,
  }) {
    this.email = email;
    this.name = name;
    this.password = password;
    this.passwordConfirm = passwordConfirm;
  }

  Map<String, dynamic> toJson() => raw;

  set email(String? email) => raw["email"] = email;
  set emailVisibility(bool? emailVisibility) => raw["emailVisibility"] = emailVisibility;
  set id(String? id) => raw["id"] = id;
  set name(String? name) => raw["name"] = name;
  set password(String? password) => raw["password"] = password;
  set passwordConfirm(String? passwordConfirm) => raw["passwordConfirm"] = passwordConfirm;
  set verified(bool? verified) => raw["verified"] = verified;
}

/// A record of the collection collections. What the answer lacks is empty.
class Collection {
  /// The record as decoded JSON.
  final Map<String, dynamic> raw;

  const Collection.fromJson(this.raw);

  Map<String, dynamic> toJson() => raw;

  String get collectionId => _text(raw["collectionId"]);
  String get collectionName => _text(raw["collectionName"]);
  String get id => _text(raw["id"]);
  String get text => _text(raw["text"]);
}

/// A record of the collection dates. What the answer lacks is empty.
class Date {
  /// The record as decoded JSON.
  final Map<String, dynamic> raw;

  const Date.fromJson(this.raw);

  Map<String, dynamic> toJson() => raw;

  String get collectionId => _text(raw["collectionId"]);
  String get collectionName => _text(raw["collectionName"]);
  String get id => _text(raw["id"]);
  String get text => _text(raw["text"]);
}

/// A record of the collection every_kinds. What the answer lacks is empty.
class EveryKind {
  /// The record as decoded JSON.
  final Map<String, dynamic> raw;

  const EveryKind.fromJson(this.raw);

  Map<String, dynamic> toJson() => raw;

  String get urlOf => _text(raw["URL_of"]);
  String get under => _text(raw["_under"]);
  String get author => _text(raw["author"]);
  List<String> get authors => _texts(raw["authors"]);
  bool get bool_ => raw["bool"] == true;
  String get class_ => _text(raw["class"]);
  String get collectionId => _text(raw["collectionId"]);
  String get collectionName => _text(raw["collectionName"]);
  int get count => _integer(raw["count"]);
  DateTime? get created => _moment(raw["created"]);
  String get createdAt => _text(raw["created_at"]);
  DateTime? get date => _moment(raw["date"]);
  String get editor => _text(raw["editor"]);
  String get email => _text(raw["email"]);
  String get field => _text(raw["field"]);
  String get file => _text(raw["file"]);
  List<String> get files => _texts(raw["files"]);
  String get fun => _text(raw["fun"]);
  String get func => _text(raw["func"]);
  String get id => _text(raw["id"]);
  Object? get json => raw["json"];
  double get number => _number(raw["number"]);
  String get pin => _text(raw["pin"]);
  GeoPoint get point => GeoPoint.fromJson(raw["point"]);
  String get raw_ => _text(raw["raw"]);
  List<EveryKindSizes> get sizes => _choices(_EveryKindSizes, raw["sizes"]);
  EveryKindStatus? get status => _choice(_EveryKindStatus, raw["status"]);
  /// A title, * / * closed.
  String get text => _text(raw["text"]);
  String get under_ => _text(raw["under"]);
  String get url => _text(raw["url"]);

  /// The records that were expanded. Those that the caller may not see are left out.
  EveryKindExpand get expand => EveryKindExpand.fromJson(_map(raw["expand"]));
}

class EveryKindExpand {
  /// The records as decoded JSON.
  final Map<String, dynamic> raw;

  const EveryKindExpand.fromJson(this.raw);

  Author? get author => _one(raw["author"], (json) => Author.fromJson(json));
  List<Author> get authors => _all(raw["authors"], (json) => Author.fromJson(json));
}

/// A value of the field sizes.
enum EveryKindSizes { s, m, lXL }

const _EveryKindSizes = {
  EveryKindSizes.s: "s",
  EveryKindSizes.m: "M",
  EveryKindSizes.lXL: "L-XL",
};

extension EveryKindSizesValue on EveryKindSizes {
  /// The value in JSON and in filters.
  String get value => _EveryKindSizes[this]!;
}

/// A value of the field status.
enum EveryKindStatus { draft, twoWords, x1st, x1St, values_, none, x }

const _EveryKindStatus = {
  EveryKindStatus.draft: "draft",
  EveryKindStatus.twoWords: "two words",
  EveryKindStatus.x1st: "1st",
  EveryKindStatus.x1St: "1-st",
  EveryKindStatus.values_: "values",
  EveryKindStatus.none: "none",
  EveryKindStatus.x: "\$x \"\\\u0001",
};

extension EveryKindStatusValue on EveryKindStatus {
  /// The value in JSON and in filters.
  String get value => _EveryKindStatus[this]!;
}

/// The body that creates a record of the collection every_kinds. What is not set is not sent, and null empties a field.
class EveryKindCreate {
  /// The body as JSON to encode.
  final Map<String, dynamic> raw = {};

  EveryKindCreate({
    required double number,
    required EveryKindStatus status,
    required String text,
  }) {
    this.number = number;
    this.status = status;
    this.text = text;
  }

  Map<String, dynamic> toJson() => raw;

  set urlOf(String? urlOf) => raw["URL_of"] = urlOf;
  set under(String? under) => raw["_under"] = under;
  set author(String? author) => raw["author"] = author;
  set authors(List<String>? authors) => raw["authors"] = authors;
  set bool_(bool? bool_) => raw["bool"] = bool_;
  set class_(String? class_) => raw["class"] = class_;
  set count(int? count) => raw["count"] = count;
  set createdAt(String? createdAt) => raw["created_at"] = createdAt;
  set date(DateTime? date) => raw["date"] = date?.toUtc().toIso8601String();
  set editor(String? editor) => raw["editor"] = editor;
  set email(String? email) => raw["email"] = email;
  set field(String? field) => raw["field"] = field;
  set fun(String? fun) => raw["fun"] = fun;
  set func(String? func) => raw["func"] = func;
  set id(String? id) => raw["id"] = id;
  set json(Object? json) => raw["json"] = json;
  set number(double? number) => raw["number"] = number;
  set pin(String? pin) => raw["pin"] = pin;
  set point(GeoPoint? point) => raw["point"] = point?.toJson();
  set raw_(String? raw_) => raw["raw"] = raw_;
  set sizes(List<EveryKindSizes>? sizes) => raw["sizes"] = sizes?.map((e) => e.value).toList();
  set status(EveryKindStatus? status) => raw["status"] = _EveryKindStatus[status];
  /// A title, * / * closed.
  set text(String? text) => raw["text"] = text;
  set under_(String? under_) => raw["under"] = under_;
  set url(String? url) => raw["url"] = url;
}

/// The body that updates a record of the collection every_kinds. What is not set is not sent, and null empties a field.
class EveryKindUpdate {
  /// The body as JSON to encode.
  final Map<String, dynamic> raw = {};

  Map<String, dynamic> toJson() => raw;

  set urlOf(String? urlOf) => raw["URL_of"] = urlOf;
  set under(String? under) => raw["_under"] = under;
  set author(String? author) => raw["author"] = author;
  set authors(List<String>? authors) => raw["authors"] = authors;
  set authorsAdd(List<String>? authorsAdd) => raw["authors+"] = authorsAdd;
  set authorsRemove(List<String>? authorsRemove) => raw["authors-"] = authorsRemove;
  set bool_(bool? bool_) => raw["bool"] = bool_;
  set class_(String? class_) => raw["class"] = class_;
  set count(int? count) => raw["count"] = count;
  set countAdd(int? countAdd) => raw["count+"] = countAdd;
  set countRemove(int? countRemove) => raw["count-"] = countRemove;
  set createdAt(String? createdAt) => raw["created_at"] = createdAt;
  set date(DateTime? date) => raw["date"] = date?.toUtc().toIso8601String();
  set editor(String? editor) => raw["editor"] = editor;
  set email(String? email) => raw["email"] = email;
  set field(String? field) => raw["field"] = field;
  set filesRemove(List<String>? filesRemove) => raw["files-"] = filesRemove;
  set fun(String? fun) => raw["fun"] = fun;
  set func(String? func) => raw["func"] = func;
  set json(Object? json) => raw["json"] = json;
  set number(double? number) => raw["number"] = number;
  set numberAdd(double? numberAdd) => raw["number+"] = numberAdd;
  set numberRemove(double? numberRemove) => raw["number-"] = numberRemove;
  set pin(String? pin) => raw["pin"] = pin;
  set point(GeoPoint? point) => raw["point"] = point?.toJson();
  set raw_(String? raw_) => raw["raw"] = raw_;
  set sizes(List<EveryKindSizes>? sizes) => raw["sizes"] = sizes?.map((e) => e.value).toList();
  set sizesAdd(List<EveryKindSizes>? sizesAdd) => raw["sizes+"] = sizesAdd?.map((e) => e.value).toList();
  set sizesRemove(List<EveryKindSizes>? sizesRemove) => raw["sizes-"] = sizesRemove?.map((e) => e.value).toList();
  set status(EveryKindStatus? status) => raw["status"] = _EveryKindStatus[status];
  /// A title, * / * closed.
  set text(String? text) => raw["text"] = text;
  set under_(String? under_) => raw["under"] = under_;
  set url(String? url) => raw["url"] = url;
}

/// A record of the collection geo_points. What the answer lacks is empty.
class GeoPoint_2 {
  /// The record as decoded JSON.
  final Map<String, dynamic> raw;

  const GeoPoint_2.fromJson(this.raw);

  Map<String, dynamic> toJson() => raw;

  String get collectionId => _text(raw["collectionId"]);
  String get collectionName => _text(raw["collectionName"]);
  String get id => _text(raw["id"]);
  String get text => _text(raw["text"]);
}

/// A record of the collection instants. What the answer lacks is empty.
class Instant {
  /// The record as decoded JSON.
  final Map<String, dynamic> raw;

  const Instant.fromJson(this.raw);

  Map<String, dynamic> toJson() => raw;

  String get collectionId => _text(raw["collectionId"]);
  String get collectionName => _text(raw["collectionName"]);
  String get id => _text(raw["id"]);
  String get text => _text(raw["text"]);
}

/// A record of the collection lists. What the answer lacks is empty.
class List_ {
  /// The record as decoded JSON.
  final Map<String, dynamic> raw;

  const List_.fromJson(this.raw);

  Map<String, dynamic> toJson() => raw;

  String get collectionId => _text(raw["collectionId"]);
  String get collectionName => _text(raw["collectionName"]);
  String get id => _text(raw["id"]);
  String get text => _text(raw["text"]);
}

/// A record of the collection users. What the answer lacks is empty.
class User {
  /// The record as decoded JSON.
  final Map<String, dynamic> raw;

  const User.fromJson(this.raw);

  Map<String, dynamic> toJson() => raw;

  String get avatar => _text(raw["avatar"]);
  String get collectionId => _text(raw["collectionId"]);
  String get collectionName => _text(raw["collectionName"]);
  DateTime? get created => _moment(raw["created"]);
  String? get email => raw["email"] as String?;
  bool get emailVisibility => raw["emailVisibility"] == true;
  String get id => _text(raw["id"]);
  String get name => _text(raw["name"]);
  DateTime? get updated => _moment(raw["updated"]);
  bool get verified => raw["verified"] == true;
}

/// The body that creates a record of the collection users. What is not set is not sent, and null empties a field.
class UserCreate {
  /// The body as JSON to encode.
  final Map<String, dynamic> raw = {};

  UserCreate({
    required String email,
    required String password,
    required String passwordConfirm,
  }) {
    this.email = email;
    this.password = password;
    this.passwordConfirm = passwordConfirm;
  }

  Map<String, dynamic> toJson() => raw;

  set email(String? email) => raw["email"] = email;
  set emailVisibility(bool? emailVisibility) => raw["emailVisibility"] = emailVisibility;
  set id(String? id) => raw["id"] = id;
  set name(String? name) => raw["name"] = name;
  set password(String? password) => raw["password"] = password;
  set passwordConfirm(String? passwordConfirm) => raw["passwordConfirm"] = passwordConfirm;
  set verified(bool? verified) => raw["verified"] = verified;
}

/// The body that updates a record of the collection users. What is not set is not sent, and null empties a field.
class UserUpdate {
  /// The body as JSON to encode.
  final Map<String, dynamic> raw = {};

  Map<String, dynamic> toJson() => raw;

  set email(String? email) => raw["email"] = email;
  set emailVisibility(bool? emailVisibility) => raw["emailVisibility"] = emailVisibility;
  set name(String? name) => raw["name"] = name;
  set oldPassword(String? oldPassword) => raw["oldPassword"] = oldPassword;
  set password(String? password) => raw["password"] = password;
  set passwordConfirm(String? passwordConfirm) => raw["passwordConfirm"] = passwordConfirm;
  set verified(bool? verified) => raw["verified"] = verified;
}

/// A record of the collection wires. What the answer lacks is empty.
class Wire {
  /// The record as decoded JSON.
  final Map<String, dynamic> raw;

  const Wire.fromJson(this.raw);

  Map<String, dynamic> toJson() => raw;

  String get collectionId => _text(raw["collectionId"]);
  String get collectionName => _text(raw["collectionName"]);
  String get id => _text(raw["id"]);
  String get text => _text(raw["text"]);
}

/// A place, in degrees.
class GeoPoint {
  final double lon;
  final double lat;

  const GeoPoint(this.lon, this.lat);

  GeoPoint.fromJson(Object? json)
      : lon = _number(_map(json)["lon"]),
        lat = _number(_map(json)["lat"]);

  Map<String, dynamic> toJson() => {"lon": lon, "lat": lat};
}

String _text(Object? json) => json is String ? json : "";

double _number(Object? json) => json is num ? json.toDouble() : 0;

int _integer(Object? json) => json is num ? json.toInt() : 0;

DateTime? _moment(Object? json) => DateTime.tryParse(_text(json));

List<String> _texts(Object? json) => json is List ? json.whereType<String>().toList() : [];

E? _choice<E>(Map<E, String> values, Object? json) {
  for (final entry in values.entries) {
    if (entry.value == json) return entry.key;
  }
  return null;
}

List<E> _choices<E>(Map<E, String> values, Object? json) =>
    _texts(json).map((text) => _choice(values, text)).whereType<E>().toList();

Map<String, dynamic> _map(Object? json) => json is Map<String, dynamic> ? json : const {};

T? _one<T>(Object? json, T Function(Map<String, dynamic>) of) => json is Map<String, dynamic> ? of(json) : null;

List<T> _all<T>(Object? json, T Function(Map<String, dynamic>) of) =>
    json is List ? json.whereType<Map<String, dynamic>>().map(of).toList() : [];
