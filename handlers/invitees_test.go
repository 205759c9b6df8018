package handlers

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"herald/store"
)

func TestPastedAddresses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pasted string
		want   string // "Name <address>" or the address, then what is wrong
	}{
		{"ann@home.example", "ann@home.example"},
		{" ann@home.example , bo@home.example;cy@home.example\r\n\r\ndee@home.example\n", "ann@home.example|bo@home.example|cy@home.example|dee@home.example"},
		{"Ann Lee <ann@home.example>, <bo@home.example>", "Ann Lee <ann@home.example>|bo@home.example"},
		{`"Lee, Ann" <ann@home.example>; 'Bo' <bo@home.example>`, "Lee, Ann <ann@home.example>|Bo <bo@home.example>"},
		{`Ann 5" Lee <ann@home.example>, bo@home.example`, `Ann 5" Lee <ann@home.example>|bo@home.example`},
		{"mailto:ann@home.example, <mailto:bo@home.example>", "ann@home.example|bo@home.example"},
		{"ann@home.example,,;\n;bo@home.example,", "ann@home.example|bo@home.example"},
		{"Ann\u202e\x00 Lee <ann@home.example>", "Ann Lee <ann@home.example>"},
		{"مريم <m@home.example>", "مريم <m@home.example>"},
		{"", "0: there is no address in it"},
		{" ,;\n", "0: there is no address in it"},
		{"ann@home.example\nbo\nAnn <x@>\ncy@home.example", "2: this is no email address|3: this is no email address"},
		{"ann@home.example bo@home.example", "1: this is no email address"},
		{"Ann <ann@home.example> <bo@home.example", "1: this is no email address"},
		{"ann@home.example\rBcc: eve@evil.example", "2: this is no email address"},
		{strings.Repeat("a", 250) + "@home.example", "1: the address is longer than 254 characters"},
		{strings.Repeat("a@home.example,", store.EmailLimit+1), "0: it has 1001 addresses; please invite at most 1000 at once"},
	} {
		list, problems := pastedInvitees(tt.pasted, store.Recruiter)
		var got []string
		for _, v := range list {
			if got = append(got, strings.TrimPrefix(v.Name+" <"+v.Email+">", " ")); v.Name == "" {
				got[len(got)-1] = v.Email
			}
			if v.As != store.Recruiter {
				t.Errorf("%q: invited as %q", tt.pasted, v.As)
			}
		}
		for _, p := range problems {
			got = append(got, fmt.Sprintf("%d: %s", p.Line, p.What))
		}
		if strings.Join(got, "|") != tt.want {
			t.Errorf("%.60q: got %.200q, want %q", tt.pasted, strings.Join(got, "|"), tt.want)
		}
	}
}

// What spreadsheets write, and what somebody writes who is up to no good.
func TestCSVFiles(t *testing.T) {
	t.Parallel()
	utf16 := "\xff\xfee\x00m\x00a\x00i\x00l\x00"
	for _, tt := range []struct{ name, file, want string }{
		{"the plain one", "email,role\nann@home.example,recruiter\nbo@home.example,employee\n", "ann@home.example recruiter|bo@home.example employee"},
		{"no role", "email\nann@home.example\n", "ann@home.example employee"},
		{"an empty role", "email,role\nann@home.example,\n", "ann@home.example employee"},
		{"other order, other case", " Role ,E-Mail\n", "1: there is a column that is neither email nor role: “E-Mail”"},
		{"any case", "ROLE,EMail\nRecruiter,ann@home.example", "ann@home.example recruiter"},
		{"Excel's, in German", "\ufeffemail;role\r\nann@home.example;recruiter\r\n;\r\n", "ann@home.example recruiter"},
		{"tabs", "email\trole\nann@home.example\trecruiter\n", "ann@home.example recruiter"},
		{"an old Macintosh's", "email,role\rann@home.example,recruiter\r", "ann@home.example recruiter"},
		{"quotes", "\"email\",\"role\"\n\"ann@home.example\",\"recruiter\"\n", "ann@home.example recruiter"},
		{"empty lines", "email\n\nann@home.example\n\n\nbo\n", "6: this is no email address"},
		{"empty", "", "0: it is empty"},
		{"only a header", "email,role\n", "0: there is no address in it"},
		{"no header", "ann@home.example,recruiter\n", "1: the first line must name the columns: email, role"},
		{"no email", "role\nrecruiter\n", "1: the column email is missing in the first line"},
		{"unknown column", "email,role,salary\nann@home.example,employee,1\n", "1: there is a column that is neither email nor role: “salary”"},
		{"a header twice", "email,role,Email\n", "1: the column email is there twice"},
		{"bad lines", "email,role\nann,employee\nbo@home.example\ncy@home.example,admin\ndee@home.example,a,b\n", "2: this is no email address|3: this line has 1 columns, the first line has 2|4: the role is neither employee nor recruiter|5: this line has 3 columns, the first line has 2"},
		{"a formula", "email\n\"=HYPERLINK(\"\"http://evil.example\"\",\"\"x\"\")\"\n", "2: this is no email address"},
		{"a formula as an address", "email\n=cmd|'/c calc'!A1@home.example\n", "2: this is no email address"},
		{"headers in an address", "email\n\"ann@home.example\nBcc: eve@evil.example\"\n", "2: this is no email address"},
		{"quotes that do not match", "email,role\nann@home.example,employee\n\"bo@home.example,employee\n", "3: the quotes in this line do not match"},
		{"zero bytes", "email\nann@home.example\x00\n", "0: it is no text; please save it as “CSV UTF-8”"},
		{"UTF-16", utf16, "0: it is UTF-16; please save it as “CSV UTF-8”"},
		{"Latin-1", "email\nj\xf6rg@home.example\n", "0: it is no text; please save it as “CSV UTF-8”"},
		{"a picture", "\x89PNG\r\n\x1a\n\x00\x00", "0: it is no text; please save it as “CSV UTF-8”"},
		{"a line of 10 MB", "email\n" + strings.Repeat("a", 10<<20), "0: it is larger than 1 MB"},
		{"a long line", "email\n" + strings.Repeat("a", 1<<19) + "@home.example\n", "2: the address is longer than 254 characters"},
		{"too many", "email\n" + strings.Repeat("a@home.example\n", store.EmailLimit+1), "0: it has 1001 addresses; please invite at most 1000 at once"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			list, problems := csvInvitees([]byte(tt.file), store.Employee)
			var got []string
			for _, v := range list {
				got = append(got, v.Email+" "+string(v.As))
			}
			for _, p := range problems {
				got = append(got, fmt.Sprintf("%d: %s", p.Line, p.What))
			}
			if strings.Join(got, "|") != tt.want {
				t.Errorf("got %.300q, want %q", strings.Join(got, "|"), tt.want)
			}
		})
	}
}

func TestAFileLeavesTheRoleToTheForm(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"email\nann@home.example\n", "email,role\nann@home.example,\nbo@home.example,employee\n"} {
		list, problems := csvInvitees([]byte(file), store.Recruiter)
		if len(problems) > 0 || list[0].As != store.Recruiter || len(list) > 1 && list[1].As != store.Employee {
			t.Errorf("%q: got %+v, %v", file, list, problems)
		}
	}
}

func FuzzCSVInvitees(f *testing.F) {
	for _, seed := range []string{"email,role\nann@home.example,recruiter\n", "\ufeffemail;role\r\n\"ann@home.example\";\r\n", "email\n\"x\n", "email\temail\n", "\xff\xfe", "email\n=1+1\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		list, problems := csvInvitees(file, store.Recruiter)
		checkInvitees(t, list, len(problems))
		for _, p := range problems {
			if p.Line < 0 || p.What == "" {
				t.Errorf("a problem without words: %+v", p)
			}
		}
	})
}

func FuzzPastedInvitees(f *testing.F) {
	for _, seed := range []string{"Ann Lee <ann@home.example>, bo@home.example", "\"a,b\" <c@d.e>;\n", "<<>>", "\",\n\",", "a@b.c\r\nd@e.f"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, pasted string) {
		list, problems := pastedInvitees(pasted, store.Employee)
		checkInvitees(t, list, len(problems))
	})
}

// checkInvitees checks what holds of every list: it is either one to be invited, or has problems.
func checkInvitees(t *testing.T, list []store.Invitee, problems int) {
	t.Helper()
	if (len(list) == 0) == (problems == 0) {
		t.Fatalf("%d addresses and %d problems", len(list), problems)
	}
	for _, v := range list {
		if err := store.CheckAddress(v.Email); err != nil {
			t.Errorf("%q was taken: %v", v.Email, err)
		}
		if strings.ContainsAny(v.Name, "\r\n\x00") || !slices.Contains([]store.MemberType{store.Employee, store.Recruiter}, v.As) {
			t.Errorf("%+v was taken", v)
		}
	}
}
