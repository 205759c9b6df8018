package main

import (
	"testing"

	"github.com/chromedp/chromedp"

	"herald/sandbox/acme"
)

func TestRemindersInABrowser(t *testing.T) {
	t.Parallel()
	v := startDemo(t)
	v.do("see whole forms", chromedp.EmulateViewport(1180, 1500))

	v.as("ana", "c/"+acme.Jobs)
	v.types("#composer-text", "/social reminders\n")
	v.shows("Reminders are off")
	v.keeps("1-off")
	v.clicks(`[data-action-id=reminders_edit]`)
	v.shows("At most how many reminders each?")
	v.keeps("2-form")
	// Whatever day and hour it is when this test runs, it is one for reminders.
	v.do("choose when the first one is", chromedp.SetValue(chromedp.CSS(`[role=dialog] select[data-block-id=first_after]`), "0"))
	v.picks("hours_from", "0")
	v.picks("hours_to", "1440")
	v.clicks(`[role=dialog] [data-block-id=weekend] input[value="6"]`)
	v.clicks(`[role=dialog] [data-block-id=weekend] input[value="0"]`)
	v.types(`[role=dialog] textarea[data-block-id=words]`, "We are looking for two bakers. Whom do you know?")
	v.clicks("#modal-submit")
	v.shows("Is this right?")
	v.shows("We are looking for two bakers.")
	v.keeps("3-confirm")
	v.clicks("#modal-submit")
	v.shows("Saved. Reminders run every Tuesday 10:00")
	v.keeps("4-saved")
	v.closes()

	v.as("ana", "home")
	v.clicks(`[data-action-id=reminders_open]`)
	v.shows("at most 3 reminders each")
	v.keeps("5-reminders")
	v.clicks(`[data-action-id=reminders_holidays]`)
	v.shows("Days without reminders")
	v.keeps("6-holidays")
	v.closes()
	v.clicks(`[data-action-id=reminders_next]`)
	v.shows("The next run, on")
	v.keeps("7-next")
	v.closes()
	v.clicks(`[data-action-id=reminders_run]`)
	v.shows("The run has begun.")
	v.keeps("8-begun")

	v.as("ivy", "messages")
	v.shows("Reminder 1 of at most 3")
	v.keeps("9-reminder")
	v.clicks(`[data-action-id=nudge_why]`)
	v.shows("Why me?")
	v.keeps("10-why-me")
	v.closes()
	v.clicks(`[data-action-id=nudge_snooze]`)
	v.shows("OK – no reminder before")
	v.keeps("11-snoozed")

	v.as("ana", "c/"+acme.Jobs)
	v.types("#composer-text", "/social why @ivy\n")
	v.shows("Ivy")
	v.keeps("12-why")
	v.types("#composer-text", "/social reminders\n")
	v.clicks(`[data-action-id=reminders_report]`)
	v.shows("Reminders so far")
	v.keeps("13-report")
}

// picks chooses an option of a menu so long that it opens as a list of its own.
func (v visitor) picks(block, value string) {
	v.t.Helper()
	v.clicks(`[role=dialog] summary[data-block-id=` + block + `]`)
	v.clicks(`[role=dialog] [id*=".` + block + `."] [role=option][data-value="` + value + `"]`)
}

// closes closes the modal, and waits until what is under it can be clicked.
func (v visitor) closes() {
	v.t.Helper()
	v.clicks("#modal-close")
	v.holds("the modal is closed", `document.querySelector("[role=dialog]") === null`)
}
