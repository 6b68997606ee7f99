package ws

import (
	"github.com/loambase/loam/core/schema"
	"github.com/loambase/loam/realtime"
)

// appendMessage appends a message in the form of the protocol.
func appendMessage(dst []byte, m *realtime.Message) []byte {
	mark := m.Mark
	if mark == nil {
		mark = &realtime.Mark{}
	}
	switch mark.Kind {
	case realtime.Answer:
		return append(dst, m.Data...)
	case realtime.Reset:
		dst = schema.AppendString(append(dst, `{"type":"reset","sub":`...), m.Topic)
		dst = schema.AppendString(append(dst, `,"token":`...), mark.Token)
	case realtime.Snapshot:
		dst = schema.AppendString(append(dst, `{"type":"snapshot","sub":`...), m.Topic)
		dst = append(append(dst, ','), m.Data[1:len(m.Data)-1]...)
		dst = schema.AppendString(append(dst, `,"token":`...), mark.Token)
	case realtime.Ended:
		dst = schema.AppendString(append(dst, `{"type":"error","sub":`...), m.Topic)
		dst = schema.AppendString(append(dst, `,"status":400,"code":`...), m.Data)
		dst = append(dst, `,"message":"The list is too large to be watched whole.","data":{}`...)
	case realtime.SignedOut:
		dst = schema.AppendString(append(dst, `{"type":"auth","auth":null,"reason":`...), m.Data)
	default:
		dst = schema.AppendString(append(dst, `{"type":"event","sub":`...), m.Topic)
		dst = append(append(dst, ','), m.Data[1:len(m.Data)-1]...) // an object: its members are appended
		if mark.Token != "" {
			dst = schema.AppendString(append(dst, `,"txEnd":true,"token":`...), mark.Token)
		}
	}
	return append(dst, '}')
}

// appendID appends the id of the message that is answered, if it has one.
func appendID(dst []byte, id *string) []byte {
	if id == nil {
		return dst
	}
	return schema.AppendString(append(dst, `,"id":`...), *id)
}

// appendOK appends the answer to a message that has succeeded.
func appendOK(dst []byte, id *string, data []byte) []byte {
	dst = appendID(append(dst, `{"type":"ok"`...), id)
	dst = append(append(dst, `,"data":`...), data...)
	return append(dst, '}')
}
