package wire

import (
	"errors"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/schema"
)

const somethingWrong = "Something went wrong while processing your request."

// answer holds the status and the default message of a kind of fault.
type answer struct {
	status  int
	message string
}

// answerTo returns the answer of a kind. It is the only table of statuses.
func answerTo(k fault.Kind) answer {
	switch k {
	case fault.Invalid:
		return answer{http.StatusBadRequest, somethingWrong}
	case fault.Unauthenticated:
		return answer{http.StatusUnauthorized, "Missing or invalid authentication."}
	case fault.Forbidden:
		return answer{http.StatusForbidden, "You are not allowed to perform this request."}
	case fault.NotFound:
		return answer{http.StatusNotFound, "The requested resource wasn't found."}
	case fault.TooLarge:
		return answer{http.StatusRequestEntityTooLarge, "Request entity too large."}
	case fault.TooMany:
		return answer{http.StatusTooManyRequests, "Too Many Requests."}
	case fault.Unavailable:
		return answer{http.StatusServiceUnavailable, "The server cannot do this at the moment."}
	}
	return answer{http.StatusInternalServerError, somethingWrong}
}

// ErrorJSON returns the kind and the JSON envelope of err in the form for clients.
func ErrorJSON(err error, superuser bool) (fault.Kind, []byte) {
	e := public(err)
	return e.Kind, appendError(nil, e, superuser)
}

// Error answers with the status and the JSON envelope of err (docs/wire/records.md §1.4). An error
// that is not a fault is answered as Internal, without details. Only superusers get the reason of a
// fault.
func Error(w http.ResponseWriter, err error, superuser bool) {
	e := public(err)
	if e.Kind == fault.TooMany || e.Kind == fault.Unavailable {
		seconds := max(1, int64(math.Ceil(e.RetryAfter.Seconds())))
		w.Header()["Retry-After"] = []string{strconv.FormatInt(seconds, 10)}
	}
	JSON(w, answerTo(e.Kind).status, appendError(nil, e, superuser))
}

// Describe returns the status of err and the fault that clients may see, for answers that are not
// JSON. A fault without a message gets the default message of its kind.
func Describe(err error) (status int, shown fault.Error) {
	e := public(err)
	a := answerTo(e.Kind)
	shown = *e
	if shown.Message == "" {
		shown.Message = a.message
	}
	shown.Message = Sentence(shown.Message)
	return a.status, shown
}

// public returns the fault in err, or an Internal fault without details.
func public(err error) *fault.Error {
	var e *fault.Error
	if errors.As(err, &e) && e.Kind != fault.Internal {
		return e
	}
	return fault.New(fault.Internal, "")
}

func appendError(dst []byte, e *fault.Error, superuser bool) []byte {
	a := answerTo(e.Kind)
	if e.Message != "" {
		a.message = Sentence(e.Message)
	}
	dst = append(dst, `{"data":`...)
	dst = AppendFields(dst, e.Fields, superuser)
	dst = append(dst, `,"message":`...)
	dst = schema.AppendString(dst, a.message)
	dst = append(dst, `,"status":`...)
	dst = strconv.AppendInt(dst, int64(a.status), 10)
	if superuser && e.Reason != "" {
		dst = append(dst, `,"reason":`...)
		dst = schema.AppendString(dst, e.Reason)
	}
	return append(dst, '}')
}

// AppendFields appends the errors of fields in the form of the envelope.
func AppendFields(dst []byte, fields fault.Fields, superuser bool) []byte {
	dst = append(dst, '{')
	for i, name := range slices.Sorted(maps.Keys(fields)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = schema.AppendString(dst, name)
		dst = append(dst, ':')
		dst = appendField(dst, fields[name], superuser)
	}
	return append(dst, '}')
}

func appendField(dst []byte, f *fault.Field, superuser bool) []byte {
	if f == nil {
		f = &fault.Field{}
	}
	if f.Code == "" && f.Fields != nil {
		return AppendFields(dst, f.Fields, superuser)
	}
	code, message := f.Code, Sentence(f.Message)
	if code == "" {
		code, message = "validation_invalid_value", "Invalid value."
	}
	dst = append(dst, `{"code":`...)
	dst = schema.AppendString(dst, code)
	dst = append(dst, `,"message":`...)
	dst = schema.AppendString(dst, message)
	dst = appendParams(dst, f.Params)
	if f.Inner != nil {
		dst = append(dst, `,"response":`...)
		dst = appendError(dst, public(f.Inner), superuser)
	}
	return append(dst, '}')
}

func appendParams(dst []byte, params map[string]any) []byte {
	if len(params) == 0 {
		return dst
	}
	text, err := schema.Marshal(params)
	if err != nil {
		return dst // a parameter that JSON cannot encode, such as an infinite limit, is left out
	}
	dst = append(dst, `,"params":`...)
	return append(dst, text...)
}
