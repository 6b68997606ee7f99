// Operations of one connection: by the ids that the client has given them.

package live

import (
	"context"
	"sync"
)

// maxRunning is how many operations of a connection are planned and executed at a time.
// Clients that send more wait.
const maxRunning = 10

// operation is one that has not ended. Its pointer tells it from others that have had its id.
type operation struct{ cancel context.CancelFunc }

// operations are those of a connection.
type operations struct {
	running chan struct{} // held while one is planned or executed

	mu   sync.Mutex // guards what follows
	byID map[string]*operation
	all  sync.WaitGroup
}

// begin notes an operation. It returns nil if there is one of that id.
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

// end forgets the operation of an id, if there is one, and has it stop.
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
