// The running operations of one connection, by the ids of the client.

package live

import (
	"context"
	"sync"
)

// maxRunning is the maximum number of operations of a connection that are planned and executed at a
// time. Further operations wait.
const maxRunning = 10

// operation is a running operation. Its pointer distinguishes it from earlier operations with the
// same id.
type operation struct{ cancel context.CancelFunc }

// operations holds the operations of a connection.
type operations struct {
	running chan struct{} // holds an item for each operation that is planned or executed

	mu   sync.Mutex // guards the fields below
	byID map[string]*operation
	all  sync.WaitGroup
}

// begin adds an operation. It returns nil if the id is in use.
func (o *operations) begin(id string, cancel context.CancelFunc) *operation {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.byID[id] != nil {
		return nil
	}
	op := &operation{cancel}
	o.byID[id] = op
	return op
}

// has reports whether the operation has not ended.
func (o *operations) has(id string, op *operation) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.byID[id] == op
}

// end removes the operation with an id, if there is one, and cancels it.
func (o *operations) end(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if op := o.byID[id]; op != nil {
		op.cancel()
		delete(o.byID, id)
	}
}

// endIf ends the operation. It returns false if it has ended already.
func (o *operations) endIf(id string, op *operation) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.byID[id] != op {
		return false
	}
	op.cancel()
	delete(o.byID, id)
	return true
}
