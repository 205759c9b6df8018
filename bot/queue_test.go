package bot

import (
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// startQueue starts workers that end with the test's bubble.
func startQueue(t *testing.T, workers, limit int) *queue {
	t.Helper()
	q := newQueue(limit)
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	for range workers {
		go q.work(stop)
	}
	return q
}

func TestQueueKeepsTheOrderOfEachPerson(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := startQueue(t, 8, 1000)
		var mu sync.Mutex
		got := map[string][]int{}
		running := map[string]bool{}
		for i := range 20 {
			for _, person := range []string{"ann", "bo", "cy"} {
				added := q.add(person, func() {
					mu.Lock()
					if running[person] {
						t.Errorf("two tasks of %s run at once", person)
					}
					running[person] = true
					got[person] = append(got[person], i)
					mu.Unlock()

					time.Sleep(time.Duration(20-i) * time.Millisecond) // simulated: later ones are faster

					mu.Lock()
					running[person] = false
					mu.Unlock()
				})
				if !added {
					t.Fatalf("task %d of %s was not added", i, person)
				}
			}
		}
		time.Sleep(time.Second)
		synctest.Wait()
		for person, order := range got {
			if len(order) != 20 || !slices.IsSorted(order) {
				t.Errorf("%s's tasks ran in the order %v", person, order)
			}
		}
		if len(q.tasks) != 0 || q.waitingNow() != 0 {
			t.Errorf("%d people and %d tasks are left", len(q.tasks), q.waitingNow())
		}
	})
}

func TestQueueRunsPeopleSideBySide(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := startQueue(t, 4, 100)
		began := time.Now()
		var ended sync.WaitGroup
		for i := range 8 {
			ended.Add(1)
			q.add(strconv.Itoa(i), func() {
				defer ended.Done()
				time.Sleep(time.Second)
			})
		}
		ended.Wait()
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("8 people's seconds took %s with 4 workers, want 2s", took)
		}
	})
}

func TestQueueGivesEveryoneATurnBeforeAnyoneGetsASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := startQueue(t, 1, 100)
		var got []string
		task := func(name string) func() {
			return func() {
				got = append(got, name)
				time.Sleep(time.Second)
			}
		}
		for range 3 {
			q.add("eager", task("eager"))
		}
		q.add("calm", task("calm"))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if want := []string{"eager", "calm", "eager", "eager"}; !slices.Equal(got, want) {
			t.Errorf("turns: %v, want %v", got, want)
		}
	})
}

func TestQueueRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	q := newQueue(perPerson + 2) // nobody works
	for i := range perPerson {
		if !q.add("eager", func() {}) {
			t.Fatalf("task %d was refused", i)
		}
	}
	if q.add("eager", func() {}) {
		t.Error("one person may take the whole queue")
	}
	if !q.add("ann", func() {}) || !q.add("bo", func() {}) {
		t.Error("others were refused while there was room")
	}
	if q.add("cy", func() {}) {
		t.Error("a task was added to a full queue")
	}
}

func TestTallyWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var work tally
		if left := work.wait(t.Context()); left != 0 {
			t.Errorf("waiting for nothing left %d", left)
		}
		work.add()
		work.add()
		go func() {
			time.Sleep(time.Second)
			work.done()
			work.add() // growing while somebody waits is allowed
			time.Sleep(time.Second)
			work.done()
			work.done()
		}()
		began := time.Now()
		if left := work.wait(t.Context()); left != 0 || time.Since(began) != 2*time.Second {
			t.Errorf("waiting left %d after %s, want 0 after 2s", left, time.Since(began))
		}
	})
}
