package zz
import ("testing";"os";"strconv";"time";"herald/store";"herald/store/storetest")
func TestFill(t *testing.T){
 n,_:=strconv.Atoi(os.Getenv("N"))
 keys,_:=store.KeysFile("/tmp/exp/keyfile")
 s,err:=store.Open(t.Context(),store.Options{DSN:os.Getenv("DSN"),Keys:keys,Now:time.Now}); if err!=nil{t.Fatal(err)}
 defer s.Close()
 if err:=s.Migrate(t.Context());err!=nil{t.Fatal(err)}
 c:=storetest.Company(t,s)
 if cs,_:=s.Counts(t.Context(),c.ID); cs[store.All]>0 {return}
 env:=&storetest.Env{Clock:storetest.NewClock(time.Now())}
 b:=time.Now()
 storetest.Fill(t,s,env,c.ID,n)
 t.Log(time.Since(b))
}
