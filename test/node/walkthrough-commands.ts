/** The commands of the walkthrough of 2019, as a person types them; only the download reads the file of this checkout. */
export const INSTALL = `export MESH_NAME=mynewmesh
cat scripts/install.sh | bash
`;

export const SHOW_INJECTOR = "kubectl get pods -n appmesh-inject\n";

export const CREATE_NAMESPACE = `cat <<EOF | kubectl apply -f -
apiVersion: v1
kind: Namespace
metadata:
  name: appmesh-inject-test
  labels:
    appmesh.k8s.aws/sidecarInjectorWebhook: enabled
EOF
`;

export const CREATE_POD = `cat <<EOF | kubectl apply -f -
apiVersion: v1
kind: Pod
metadata:
  namespace: appmesh-inject-test
  name: nginx
  labels:
    name: nginx
  annotations:
    appmesh.k8s.aws/virtualNode: "test"
spec:
  containers:
  - name: nginx
    image: nginx
    ports:
    - containerPort: 80
EOF
`;

export const SHOW_POD = "kubectl get pods -n appmesh-inject-test\n";

export const CLEAN_UP = `kubectl delete namespace appmesh-inject
kubectl delete mutatingwebhookconfiguration aws-app-mesh-inject
kubectl delete clusterrolebindings aws-app-mesh-inject-binding
kubectl delete clusterrole aws-app-mesh-inject-cr
`;

/** What the walkthrough shows for its two `get pods`; names and ages, such as `9s` and `2m1s`, differ. */
export const INJECTOR_SHOWN =
  /^NAME +READY +STATUS +RESTARTS +AGE\naws-app-mesh-inject-[a-z0-9-]+ +1\/1 +Running +0 +[0-9ms]+\n$/;
export const POD_SHOWN = /^NAME +READY +STATUS +RESTARTS +AGE\nnginx +2\/2 +Running +0 +[0-9ms]+\n$/;
