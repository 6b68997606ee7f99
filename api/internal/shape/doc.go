// Package shape models the records of collections as clients read and write them over the API. The
// OpenAPI document and the types for clients are made from this model.
//
// A Model belongs to an audience: superusers, or all other callers. It follows from the schema
// alone: rules are not judged, so a caller may be refused an operation or a record of the Model.
package shape
