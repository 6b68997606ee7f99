// Failures of services as errors of an answer.

package graphql

import (
	"errors"

	"github.com/loambase/loam/api/internal/graphql/front"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
)

// failure returns an error of a service as an error of the answer; an error that is not a fault is
// internal. Only superusers get the reason of a fault.
func failure(err error, superuser bool) *front.Error {
	if err == nil {
		return nil
	}
	var known *front.Error
	if errors.As(err, &known) {
		return known
	}
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind == fault.Internal {
		return &front.Error{Code: front.Internal, Message: "Something went wrong while processing your request."}
	}
	code, message := codeOf(f.Kind)
	if errors.Is(err, record.ErrTimeLimit) {
		code, message = front.Timeout, "The operation takes too long."
	}
	if f.Message != "" {
		message = f.Message
	}
	told := &front.Error{Code: code, Message: message, Fields: f.Fields}
	if superuser {
		told.Reason = f.Reason
	}
	return told
}

// codeOf returns the code of a kind of fault, and the message for a fault without a message.
func codeOf(k fault.Kind) (front.Code, string) {
	switch k {
	case fault.Unauthenticated:
		return front.Unauthenticated, "Missing or invalid authentication."
	case fault.Forbidden:
		return front.Forbidden, "You are not allowed to perform this request."
	case fault.NotFound:
		return front.NotFound, "The requested resource wasn't found."
	case fault.TooMany:
		return front.RateLimited, "Too Many Requests."
	case fault.Unavailable:
		return front.Internal, "The server cannot do this at the moment."
	}
	return front.BadUserInput, "The input cannot be used."
}
