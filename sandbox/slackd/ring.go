package slackd

// ring remembers the latest values, up to its capacity. The zero value remembers nothing.
type ring[T any] struct {
	values []T
	next   int // index of the oldest value once the ring is full
	size   int
}

// newRing returns a ring for size values.
func newRing[T any](size int) ring[T] { return ring[T]{size: size} }

// add remembers v and forgets the oldest value if there is no room.
func (r *ring[T]) add(v T) (forgotten T, full bool) {
	if r.size == 0 {
		return v, true
	}
	if len(r.values) < r.size {
		r.values = append(r.values, v)
		return forgotten, false
	}
	forgotten = r.values[r.next]
	r.values[r.next] = v
	r.next = (r.next + 1) % r.size
	return forgotten, true
}

// list copies the values, oldest first.
func (r *ring[T]) list() []T {
	return append(append(make([]T, 0, len(r.values)), r.values[r.next:]...), r.values[:r.next]...)
}
