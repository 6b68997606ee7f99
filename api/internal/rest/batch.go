package rest

import (
	"context"
	"strconv"
	"strings"

	"github.com/loambase/loam/core/blob"
	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/record"
	"github.com/loambase/loam/internal/wire"
)

// batch does several writes in one transaction (docs/wire/records.md §8).
func (a *API) batch(c *call) error {
	requests, ops, err := c.readBatch()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.r.Context(), c.Settings.Batch.TimeLimit())
	defer cancel()
	results, err := a.app.Records().Batch(ctx, ops)
	if err != nil {
		return err
	}
	buffer := a.buffers.Get()
	defer a.buffers.Put(buffer)
	buffer.B = appendResults(c.r.Context(), buffer.B, requests, results)
	return c.json(buffer.B)
}

// readBatch returns the requests of a batch, and their writes.
func (c *call) readBatch() ([]*batchRequest, []record.Op, error) {
	if err := c.read(unreadableBatch); err != nil {
		return nil, nil, err
	}
	requests, err := decodeBatch(c.body, c.Settings.Batch.MaxRequests)
	if err != nil {
		return nil, nil, err
	}
	ops, err := c.operations(requests)
	return requests, ops, err
}

// operations returns the writes of the requests, with their files.
func (c *call) operations(requests []*batchRequest) ([]record.Op, error) {
	uploads, err := c.body.Files("Failed to read the submitted batch files data.")
	if err != nil {
		return nil, err
	}
	files := filesByRequest(uploads)
	ops := make([]record.Op, len(requests))
	failed := false // the first failure is that of the batch, so requests after it are not counted
	for i, request := range requests {
		op, err := request.operation(c.Caller)
		if err == nil && !failed {
			err = c.limitOperation(&op)
		}
		failed = failed || err != nil
		op.Input.Files, op.Invalid = files[i], err
		ops[i] = op
	}
	return ops, nil
}

// filesByRequest sorts uploads by the index of their request, which the name of the
// part contains: requests.N.field or requests[N].field.
func filesByRequest(uploads map[string][]*blob.Upload) map[int]map[string][]*blob.Upload {
	files := map[int]map[string][]*blob.Upload{}
	for part, list := range uploads {
		i, field, ok := partOfRequest(part)
		if !ok {
			continue
		}
		if files[i] == nil {
			files[i] = map[string][]*blob.Upload{}
		}
		files[i][field] = append(files[i][field], list...)
	}
	return files
}

func partOfRequest(part string) (i int, field string, ok bool) {
	rest, ok := strings.CutPrefix(part, "requests")
	if !ok || rest == "" {
		return 0, "", false
	}
	end := "."
	if rest[0] == '[' {
		end = "]."
	} else if rest[0] != '.' {
		return 0, "", false
	}
	number, field, ok := strings.Cut(rest[1:], end)
	if !ok || field == "" {
		return 0, "", false
	}
	i, err := strconv.Atoi(number)
	return i, field, err == nil
}

func appendResults(ctx context.Context, dst []byte, requests []*batchRequest, results []record.Result) []byte {
	dst = append(dst, '[')
	for i, result := range results {
		if i > 0 {
			dst = append(dst, ',')
		}
		if result.Record == nil {
			dst = append(dst, `{"body":null,"status":204}`...)
			continue
		}
		dst = append(dst, `{"body":`...)
		dst = requests[i].fields.Append(ctx, dst, result.Record)
		dst = append(dst, `,"status":200}`...)
	}
	return append(dst, ']')
}

const unreadableBatch = "Failed to read the submitted batch data."

// decodeBatch decodes the requests of a batch and validates their form; at most limit
// are allowed.
func decodeBatch(body *wire.Body, limit int) ([]*batchRequest, error) {
	object, err := body.Object()
	if err != nil {
		return nil, err
	}
	list, ok := object["requests"].([]any)
	if !ok && object["requests"] != nil {
		return nil, fault.New(fault.Invalid, unreadableBatch)
	}
	requests := make([]*batchRequest, len(list))
	for i, item := range list {
		if requests[i], ok = decodeBatchRequest(item); !ok {
			return nil, fault.New(fault.Invalid, unreadableBatch)
		}
	}
	if fails := validateBatch(requests, limit); len(fails) > 0 {
		return nil, fault.Invalidate("Invalid batch request data.", fails)
	}
	return requests, nil
}
