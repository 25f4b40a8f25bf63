addEventListener("click",e=>{const n=e.target.dataset.csv;if(!n)return;
const q=t=>/[",\n\r]/.test(t)?'"'+t.replace(/"/g,'""')+'"':t,
told=c=>[...c.querySelectorAll("a")].map(a=>document.getElementById(a.hash.slice(1)).textContent).join("; ")||c.textContent,
r=[...document.getElementById(n+"-numbers").rows].map(r=>[...r.cells].map(c=>q(c.dataset.k??c.dataset.v??told(c))).join(",")),
a=document.createElement("a");a.href=URL.createObjectURL(new Blob([r.join("\n")+"\n"],{type:"text/csv"}));
a.download="tare-"+n+".csv";a.click();setTimeout(()=>URL.revokeObjectURL(a.href),1e4)});
addEventListener("hashchange",()=>{const t=document.getElementById(location.hash.slice(1)),d=t&&t.closest("details");if(d){d.open=true;t.scrollIntoView()}});
