// Package shape is how the records of collections look to those who read and write them
// over the API: the one model from which documents of the API and types of clients are made.
//
// A Model is of an audience: superusers, or everybody else. It says what a schema says,
// and no rule is judged: a member that is in it may still be refused to a caller.
package shape
