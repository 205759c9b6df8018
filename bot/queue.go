package bot

import "sync"

// perPerson is how many pieces of work may wait for one person, so that nobody can fill the queue alone.
const perPerson = 32

// queue runs tasks. Those of one person run one after another, in the order they were added; those of different
// people run side by side, each person getting one turn before anyone gets a second.
type queue struct {
	ready chan string // people whose next task may run; nobody is in it twice

	mu      sync.Mutex
	tasks   map[string][]func() // what waits, for everyone who is in ready or has a task running
	waiting int
	limit   int
}

// newQueue returns a queue in which at most limit tasks wait.
func newQueue(limit int) *queue {
	// Everyone in ready has a task waiting, so sending to it never blocks.
	return &queue{ready: make(chan string, limit), tasks: map[string][]func(){}, limit: limit}
}

// add puts the task behind the person's earlier ones. It never blocks, and reports false if the queue is full.
func (q *queue) add(person string, task func()) bool {
	q.mu.Lock()
	defer q.mu.Unlock()

	tasks, active := q.tasks[person]
	if q.waiting >= q.limit || len(tasks) >= perPerson {
		return false
	}
	q.tasks[person] = append(tasks, task)
	q.waiting++
	if !active {
		q.ready <- person
	}
	return true
}

// work runs tasks until stop is closed; start it once for each task that may run at the same time.
func (q *queue) work(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case person := <-q.ready:
			q.next(person)()
			q.ran(person)
		}
	}
}

// next takes the person's first task.
func (q *queue) next(person string) func() {
	q.mu.Lock()
	defer q.mu.Unlock()

	tasks := q.tasks[person]
	task := tasks[0]
	tasks[0] = nil // the array lives on while the person is active; the task need not
	q.tasks[person] = tasks[1:]
	q.waiting--
	return task
}

// ran lets the person's next task have its turn.
func (q *queue) ran(person string) {
	q.mu.Lock()
	defer q.mu.Unlock()

	if len(q.tasks[person]) == 0 {
		delete(q.tasks, person)
		return
	}
	q.ready <- person
}

// waitingNow returns how many tasks wait.
func (q *queue) waitingNow() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiting
}
